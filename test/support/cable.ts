import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { TcpProxy } from './tcp-proxy.ts';

/**
 * `open` passes everything on; `cut` closes connections and lets no new ones through; `silent` accepts them and passes nothing on,
 * as a network that drops packets; `mute` passes on what clients send, and closes the connection in place of the answer.
 */
type Mode = 'open' | 'cut' | 'silent' | 'mute';

/** A network connection to a server, which may be cut and mended. */
export class Cable extends TcpProxy {
  /** Added to each chunk of an answer, in milliseconds. */
  latencyMs = 0;
  #mode: Mode = 'open';

  set mode(mode: Mode) {
    this.#mode = mode;
    if (mode === 'cut') for (const socket of this.sockets) socket.resetAndDestroy();
    // What was held back is lost with its connection, as with one that timed out.
    if (mode === 'open') for (const socket of this.sockets) if (socket.isPaused()) socket.destroy();
    if (mode === 'silent') for (const socket of this.sockets) socket.pause();
  }

  cut(): void {
    this.mode = 'cut';
  }

  mend(): void {
    this.mode = 'open';
  }

  protected override get isOpen(): boolean {
    return this.#mode !== 'cut';
  }

  protected override relay(client: Socket, server: Socket): void {
    client.on('data', (chunk) => {
      server.write(chunk);
    });
    server.on('data', (chunk) => void this.#answer(client, server, chunk));
    if (this.#mode === 'silent') for (const socket of [client, server]) socket.pause();
  }

  async #answer(client: Socket, server: Socket, chunk: Buffer): Promise<void> {
    if (this.#mode === 'mute') {
      client.destroy();
      return;
    }
    if (this.latencyMs > 0) {
      server.pause();
      await delay(this.latencyMs);
      if (this.#mode !== 'silent') server.resume();
    }
    client.write(chunk);
  }
}
