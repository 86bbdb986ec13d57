interface Device {
  readonly browser: string | null;
  readonly os: string | null;
}

/** What a device calls itself, in a few words. */
export function deviceName({ browser, os }: Device): string {
  return [browser, os].filter((part) => part !== null).join(' · ') || 'Unknown device';
}
