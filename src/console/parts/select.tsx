import { useId } from 'preact/hooks';

interface Props {
  readonly label: string;
  readonly value: string;
  /** Words by value. The empty value is "any". */
  readonly options: Readonly<Record<string, string>>;
  onPick(value: string): void;
}

export function Select({ label, value, options, onPick }: Props) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onPick(event.currentTarget.value)}>
        {Object.entries(options).map(([option, words]) => (
          <option key={option} value={option}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}
