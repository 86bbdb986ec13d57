/** Text that users or strangers wrote. Isolated, so that its direction marks change nothing around it (UAX 9, §3.1). */
export function UserText({ text, none = 'none' }: { text: string | null | undefined; none?: string }) {
  return text ? <bdi class="user-text">{text}</bdi> : <span class="none">{none}</span>;
}
