/** Header fields by name in lower case. Of fields of one name the first counts. */
export type HeaderGroup = ReadonlyMap<string, string>;

/** The groups of header fields that blank lines separate (RFC 3464 §2.1), with folded lines joined (RFC 5322 §2.2.3). */
export function headerGroups(text: string): HeaderGroup[] {
  return text
    .split(/\r?\n\r?\n/)
    .map(fieldsOf)
    .filter(({ size }) => size > 0);
}

function fieldsOf(block: string): HeaderGroup {
  const fields = new Map<string, string>();
  for (const line of block.replace(/\r?\n(?=[ \t])/g, '').split(/\r?\n/)) {
    const end = line.indexOf(':');
    const name = line.slice(0, Math.max(end, 0)).trim().toLowerCase();
    if (name !== '' && !fields.has(name)) fields.set(name, line.slice(end + 1).trim());
  }
  return fields;
}
