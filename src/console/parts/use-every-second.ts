import { useEffect, useRef } from 'preact/hooks';

/** Calls back every second while the document is visible. */
export function useEverySecond(callback: () => void): void {
  const latest = useRef(callback);
  latest.current = callback;
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') latest.current();
    }, 1_000);
    return () => clearInterval(timer);
  }, []);
}
