import type { Socket } from 'node:net';
import { TcpProxy } from './tcp-proxy.ts';

/** A proxy in front of a database server that can lose the answer to a COMMIT, with its connection. */
export class DatabaseLink extends TcpProxy {
  #wanted: { readonly text: string; readonly lost: () => void } | null = null;

  /** Loses the answer to the next COMMIT of a transaction that has sent this; resolves when it is lost. */
  loseAnswerToCommitOf(text: string): Promise<void> {
    return new Promise((lost) => {
      this.#wanted = { text, lost };
    });
  }

  protected override relay(client: Socket, server: Socket): void {
    /** What was sent since the last BEGIN. */
    let sent = '';
    let lost: (() => void) | null = null;
    client.on('data', (data) => {
      const text = data.toString('latin1');
      sent = text.includes('BEGIN') ? text : sent + text;
      if (this.#wanted !== null && text.includes('COMMIT') && sent.includes(this.#wanted.text)) {
        ({ lost } = this.#wanted);
        this.#wanted = null;
      }
      server.write(data);
    });
    server.on('data', (data) => {
      if (lost === null) client.write(data);
      else {
        client.destroy();
        lost();
      }
    });
  }
}
