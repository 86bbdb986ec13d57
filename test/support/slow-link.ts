import type { Socket } from 'node:net';
import { TcpProxy } from './tcp-proxy.ts';

/** A proxy in front of a TCP server, over which everything that is sent to it takes a while longer. */
export class SlowLink extends TcpProxy {
  delayMs = 0;

  protected override relay(client: Socket, server: Socket): void {
    client.on('data', (data) => setTimeout(() => server.write(data), this.delayMs));
    server.pipe(client);
  }
}
