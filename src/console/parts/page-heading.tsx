import { useEffect, useRef } from 'preact/hooks';

interface Props {
  readonly title: string;
  /** In place of the title where it names a user. */
  readonly children?: preact.ComponentChildren;
}

let isFirstPage = true;

/** The heading of a page. It takes the focus when the page is entered, but not when the document is loaded. */
export function PageHeading({ title, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Latchkey console`;
    if (!isFirstPage) heading.current?.focus();
    isFirstPage = false;
  }, [title]);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children ?? title}
    </h1>
  );
}
