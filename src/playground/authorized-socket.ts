import type { AccessToken } from './access-token.ts';
import { isFor } from './authorized-fetch.ts';

type Data = Parameters<WebSocket['send']>[0];

/** `WebSocket` that adds the access token to the `connection_init` of sockets to `endpoint` that bring none. */
export function authorizedSocket(Socket: typeof WebSocket, endpoint: URL, accessToken: AccessToken) {
  return class extends Socket {
    override send(data: Data): void {
      const opening = isFor(endpoint, this.url) ? openingOf(data) : null;
      if (opening === null) super.send(data);
      // Clients wait for its acknowledgement before they send more.
      else void accessToken.current().then((token) => this.#open(opening, token));
    }

    #open(opening: Opening, token: string | null): void {
      if (this.readyState !== Socket.OPEN) return;
      const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
      super.send(JSON.stringify({ ...opening, payload: { ...authorization, ...opening.payload } }));
    }
  };
}

interface Opening {
  readonly type: 'connection_init';
  readonly payload?: object;
}

function openingOf(data: Data): Opening | null {
  if (typeof data !== 'string') return null;
  const message = JSON.parse(data) as { readonly type: string };
  return message.type === 'connection_init' ? (message as Opening) : null;
}
