interface Props {
  /** What is paged, for screen readers. */
  readonly of: string;
  readonly page: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly after: string | null;
  hrefOf(after: string | null): string;
}

/** Links to the first and the next page. The way back is the browser's. */
export function Pager({ of, page, after, hrefOf }: Props) {
  if (after === null && !page.hasNextPage) return null;
  return (
    <nav class="pager" aria-label={`Pages of ${of}`}>
      {after !== null && (
        <a href={hrefOf(null)} onClick={focusHeading}>
          First page
        </a>
      )}
      {page.hasNextPage && (
        <a href={hrefOf(page.endCursor)} onClick={focusHeading}>
          Next page
        </a>
      )}
    </nav>
  );
}

/** The next page begins there, and the link may not be on it. */
function focusHeading({ currentTarget }: { currentTarget: HTMLElement }): void {
  const heading = currentTarget.closest('section')?.querySelector('h2') ?? document.querySelector('h1');
  heading?.focus();
}
