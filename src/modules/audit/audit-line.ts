import { escapeControls } from '../../core/escape-controls.ts';
import type { AuditEvent } from './audit-event.ts';

/** An event as one line for people. Nothing in it can begin another line, or look like another field. */
export function auditLine({ occurredAt, outcome, type, ...event }: AuditEvent): string {
  const { subjectId, actorId, sessionId, ipAddress, requestId, userAgent, data } = event;
  const fields = Object.entries({
    subject: subjectId,
    actor: actorId,
    session: sessionId,
    ip: ipAddress,
    request: quoted(requestId),
    agent: quoted(userAgent),
    data: Object.keys(data).length === 0 ? null : JSON.stringify(data),
  }).flatMap(([name, value]) => (value === null ? [] : [`${name}=${value}`]));
  return escapeControls([occurredAt.toISOString(), outcome, type, ...fields].join(' '));
}

/** An event as one line of JSON. */
export function auditJson({ data, ...event }: AuditEvent): string {
  return escapeControls(JSON.stringify({ ...event, details: data }));
}

const quoted = (text: string | null) => (text === null ? null : JSON.stringify(text));
