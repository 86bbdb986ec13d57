import { type MailId, parseId } from '../../core/ids.ts';
import { parseEmail } from '../users/index.ts';
import { type HeaderGroup, headerGroups } from './header-groups.ts';
import { type MimePart, mimeParts } from './mime-parts.ts';

/** RFC 3464 §2.3.3. */
const ACTIONS = ['failed', 'delayed', 'delivered', 'relayed', 'expanded'] as const;

export type Action = (typeof ACTIONS)[number];

/** What a report says of one recipient. */
export interface ReportedRecipient {
  /** Canonical forms: of the address that the sender gave, and of the one to which it led. */
  readonly addresses: readonly string[];
  readonly action: Action;
  /** Such as `5.1.1` (RFC 3463). */
  readonly status: string;
  /** As the reporter wrote it. */
  readonly diagnostic: string;
}

/** A delivery status notification. Anyone can send one: nothing in it is proved. */
export interface DeliveryReport {
  readonly kind: 'report';
  /** The message that it is about. Null if it names none of ours. */
  readonly mailId: MailId | null;
  /** Whether it names a message, ours or not. */
  readonly namesMessage: boolean;
  readonly recipients: readonly ReportedRecipient[];
}

/** A message that is no delivery report. */
export interface NoReport {
  /** `automatic_reply`: that somebody is on holiday, for example. */
  readonly kind: 'no_report' | 'automatic_reply' | 'unreadable';
}

const MAX_RECIPIENTS = 100;

/** RFC 3464, and RFC 6533 for addresses that are not ASCII. */
const STATUS_TYPES = ['message/delivery-status', 'message/global-delivery-status'];

const RETURNED_TYPES = ['message/rfc822', 'text/rfc822-headers', 'message/global', 'message/global-headers'];

/** Reads a delivery status notification (RFC 3464) in a report (RFC 6522). Neither its text nor a returned body is read. */
export async function readDeliveryReport(message: Uint8Array): Promise<DeliveryReport | NoReport> {
  const parts = await mimeParts(message);
  if (parts === null) return { kind: 'unreadable' };
  const headerOf = (name: string) => parts[0]?.headers.get(name) ?? '';
  const status = partOf(parts, STATUS_TYPES);
  if (status === undefined || parts[0]?.type !== 'multipart/report') {
    // RFC 3834 §5. Asked for last: reports are automatic replies too, and many say so.
    const isAutomatic = !/^(no\b|$)/i.test(headerOf('auto-submitted'));
    return { kind: isAutomatic ? 'automatic_reply' : 'no_report' };
  }
  const groups = headerGroups(await status.text());
  const [returned] = headerGroups((await partOf(parts, RETURNED_TYPES)?.text()) ?? '');
  const names = [returned?.get('message-id') ?? '', headerOf('in-reply-to'), headerOf('references')];
  return {
    kind: 'report',
    mailId: mailIdIn([groups[0]?.get('original-envelope-id') ?? '', ...names].join(' ')),
    namesMessage: names.some((name) => name !== ''),
    recipients: groups.slice(0, MAX_RECIPIENTS).flatMap(recipientsIn),
  };
}

function partOf(parts: readonly MimePart[], types: readonly string[]): MimePart | undefined {
  return parts.find(({ type }) => types.includes(type));
}

/** The first id of our form: that of a Message-ID, or of an envelope. */
function mailIdIn(text: string): MailId | null {
  const [id] = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=@|\s|$)/i.exec(text) ?? [];
  return parseId(id);
}

function recipientsIn(group: HeaderGroup): ReportedRecipient[] {
  const action = ACTIONS.find(
    (name) => name === /^[a-z]*/i.exec(group.get('action') ?? '')?.[0].toLowerCase(),
  );
  if (action === undefined) return [];
  const addresses = ['original-recipient', 'final-recipient'].flatMap((name) => addressIn(group.get(name)));
  const [status = ''] = /^[245]\.\d{1,3}\.\d{1,3}\b/.exec(group.get('status') ?? '') ?? [];
  const diagnostic = (group.get('diagnostic-code') ?? '').replace(/^[\w-]{1,40} *;/, '');
  return [{ addresses, action, status, diagnostic }];
}

/** The address in a field such as `rfc822; ada@example.com`. Some reporters write it in angle brackets. */
function addressIn(field = ''): string[] {
  const address = field.slice(field.indexOf(';') + 1).trim();
  const parsed = parseEmail(address.replace(/^<|>$/g, ''));
  return parsed === null ? [] : [parsed.key];
}
