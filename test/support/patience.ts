/** How long a test waits for what should happen before it says that it did not. It bounds nothing but a hang. */
export const PATIENCE_MS = 60_000;
