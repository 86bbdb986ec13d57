import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface Props {
  readonly title: string;
  readonly isLoading?: boolean;
  readonly children: ComponentChildren;
}

/** A part of a page. Its heading takes the focus when a button in it vanishes. */
export function Section({ title, isLoading = false, children }: Props) {
  const id = useId();
  return (
    <section aria-labelledby={id} aria-busy={isLoading}>
      <h2 id={id} tabIndex={-1}>
        {title}
      </h2>
      {children}
    </section>
  );
}
