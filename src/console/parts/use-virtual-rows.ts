import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Rows beyond the edges, so that scrolling shows no gap before the next frame. */
const OVERSCAN = 8;

interface Window {
  readonly top: number;
  readonly height: number;
  readonly rowHeight: number;
}

interface VirtualRows {
  /** The element that scrolls. Its property `--row-height` holds the height of a row in pixels. */
  readonly viewport: RefObject<HTMLElement | null>;
  readonly first: number;
  /** The row after the last one. */
  readonly last: number;
  readonly rowHeight: number;
}

/** Which of `count` rows of the same height are in view. */
export function useVirtualRows(count: number): VirtualRows {
  const viewport = useRef<HTMLElement>(null);
  const [{ top, height, rowHeight }, setWindow] = useState<Window>({ top: 0, height: 0, rowHeight: 36 });
  useLayoutEffect(() => {
    const element = viewport.current;
    if (element === null) return;
    const measure = () =>
      setWindow({
        top: element.scrollTop,
        height: element.clientHeight,
        rowHeight: Number.parseFloat(getComputedStyle(element).getPropertyValue('--row-height')) || 36,
      });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const element = viewport.current;
    if (element === null) return;
    const scrolled = () => setWindow((window) => ({ ...window, top: element.scrollTop }));
    element.addEventListener('scroll', scrolled, { passive: true });
    return () => element.removeEventListener('scroll', scrolled);
  }, []);
  const first = Math.max(0, Math.min(count, Math.floor(top / rowHeight)) - OVERSCAN);
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + OVERSCAN);
  return { viewport, first, last, rowHeight };
}
