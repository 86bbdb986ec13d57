import { useEffect, useRef } from 'preact/hooks';

/** Calls `reload` whenever the turn changes, but not for the first one. */
export function useTurn(turn: number, reload: () => void): void {
  const last = useRef(turn);
  useEffect(() => {
    if (last.current === turn) return;
    last.current = turn;
    reload();
  }, [turn, reload]);
}
