/** A choice among names, or none; a chosen name that is none of them stays visible. */
export function Select(props: {
  label: string;
  value: string | null;
  options: readonly (string | readonly [value: string, shown: string])[];
  /** What no choice means; without it, one has to be made. */
  none?: string;
  disabled?: boolean;
  title?: string;
  onChange: (value: string | null) => void;
}) {
  const { label, value, none, disabled, title, onChange } = props;
  const options = props.options.map((option) => (typeof option === "string" ? ([option, option] as const) : option));
  const unknown = value !== null && !options.some(([name]) => name === value);
  return (
    <label title={title}>
      {label}
      <select value={value ?? ""} disabled={disabled} onChange={(event) => onChange(event.target.value || null)}>
        {none !== undefined && <option value="">{none}</option>}
        {unknown && <option value={value}>{value} (not there)</option>}
        {options.map(([name, shown]) => (
          <option key={name} value={name}>
            {shown}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A whole number, or none: taken once it is written. */
export function Count(props: {
  label: string;
  value: number | null;
  least?: number;
  placeholder?: string;
  onChange: (value: number | null) => void;
}) {
  const { label, value, least = 1, placeholder, onChange } = props;
  const take = (input: HTMLInputElement) => {
    const given = input.valueAsNumber;
    const taken = Number.isInteger(given) && given >= least ? given : null;
    if (taken !== value) onChange(taken);
    if (taken === null) input.value = placeholder === undefined ? String(value ?? "") : "";
  };
  return (
    <label>
      {label}
      <input
        type="number"
        inputMode="numeric"
        min={least}
        step={1}
        placeholder={placeholder}
        key={value}
        defaultValue={value ?? ""}
        onBlur={(event) => take(event.currentTarget)}
        onKeyDown={(event) => event.key === "Enter" && take(event.currentTarget)}
      />
    </label>
  );
}
