interface Props {
  readonly tone: 'good' | 'bad' | 'plain' | 'note';
  readonly children: string;
}

/** A state in a word. Its colour only repeats the word. */
export function Badge({ tone, children }: Props) {
  return <span class={`badge ${tone}`}>{children}</span>;
}
