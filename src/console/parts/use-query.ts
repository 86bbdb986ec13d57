import { useCallback, useEffect, useState } from 'preact/hooks';
import { execute } from '../api/execute.ts';
import type { Operation } from '../generated.ts';
import { type Refused, refusalOf, refusalOfNoAnswer } from '../words/refusals.ts';

export interface Loaded<Data> {
  /** Null until it is loaded. While other variables are loaded, the data of those before. */
  readonly data: Data | null;
  /** Why it, or a part of it, could not be loaded. */
  readonly refused: Refused | null;
  readonly isLoading: boolean;
  reload(): void;
}

/** Loads what a query returns, again whenever its variables change. */
export function useQuery<Data, Variables>(
  operation: Operation<Data, Variables>,
  variables: Variables,
): Loaded<Data> {
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState<Omit<Loaded<Data>, 'reload'>>({
    data: null,
    refused: null,
    isLoading: true,
  });
  const key = JSON.stringify(variables);
  // The variables are a new object at every rendering: their text says whether they differ.
  useEffect(() => {
    const { signal, abort } = abortable();
    setState(({ data }) => ({ data, refused: null, isLoading: true }));
    execute(operation, variables, signal)
      .then(({ data, errors }) => {
        if (signal.aborted) return;
        setState({ data, refused: errors.length > 0 ? refusalOf(errors) : null, isLoading: false });
      })
      .catch((error: unknown) => {
        if (signal.aborted) return;
        const refused = refusalOfNoAnswer(error);
        setState(({ data }) => ({ data, refused, isLoading: false }));
      });
    return abort;
  }, [operation, key, turn]);
  const reload = useCallback(() => setTurn((count) => count + 1), []);
  return { ...state, reload };
}

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
