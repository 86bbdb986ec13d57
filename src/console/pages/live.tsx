import { useEffect, useRef, useState } from 'preact/hooks';
import { LiveModel } from '../live/live-model.ts';
import type { LiveRow } from '../live/live-sessions.ts';
import { filterBy } from '../parts/filters.ts';
import { PageHeading } from '../parts/page-heading.tsx';
import { Refusal } from '../parts/refusal.tsx';
import { TextField } from '../parts/text-field.tsx';
import { useEverySecond } from '../parts/use-every-second.ts';
import { LiveCounts } from './live-counts.tsx';
import { LiveTable } from './live-table.tsx';

const STATES = {
  connecting: 'Connecting …',
  connected: 'Connected: changes are shown as they happen.',
  waiting: 'The connection is lost. It is tried again shortly.',
};

interface Props {
  readonly params: URLSearchParams;
  /** Whether the person may read the addresses of users. */
  readonly withEmail: boolean;
}

/** Everyone's sessions as they change. */
export function LivePage({ params, withEmail }: Props) {
  const [, setFrame] = useState(0);
  const [model] = useState(() => new LiveModel(withEmail, () => setFrame((count) => count + 1)));
  const paused = useRef<readonly LiveRow[] | null>(null);
  useEffect(() => {
    model.start();
    return () => model.stop();
  }, [model]);
  useEverySecond(() => setFrame((count) => count + 1));
  const filter = params.get('filter') ?? '';
  const rows = paused.current ?? model.sessions.rows(filter);
  return (
    <div class="live">
      <PageHeading title="Live sessions" />
      <LiveCounts sessions={model.sessions} lastMinute={model.lastMinute} isListing={model.isListing} />
      <search class="filters">
        <TextField
          label="Text in user, device, address or reason"
          type="search"
          value={filter}
          onSettled={(value) => {
            paused.current = null;
            filterBy('live', 'filter', value);
          }}
        />
        <button
          type="button"
          aria-pressed={paused.current !== null}
          onClick={() => {
            paused.current = paused.current === null ? rows : null;
            setFrame((count) => count + 1);
          }}
        >
          Pause
        </button>
      </search>
      <p role="status" class={`stream ${model.state}`}>
        {STATES[model.state]}
      </p>
      <Refusal refused={model.refused} />
      <LiveTable rows={rows} />
    </div>
  );
}
