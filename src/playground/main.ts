import { AccessToken } from './access-token.ts';
import { startAltair } from './altair.ts';
import { authorizedFetch } from './authorized-fetch.ts';
import { authorizedSocket } from './authorized-socket.ts';
import { endpoint } from './endpoint.ts';
import { forgetWindows } from './forget-windows.ts';
import { refresh } from './session.ts';
import { addSessionBar } from './session-bar.ts';

const accessToken = new AccessToken(refresh);
// Before Altair starts: whatever it sends goes through these.
window.fetch = authorizedFetch(window.fetch.bind(window), endpoint, accessToken);
window.WebSocket = authorizedSocket(WebSocket, endpoint, accessToken);
forgetWindows();
addSessionBar(accessToken);
// Whoever is signed in by the cookie stays so.
await accessToken.refresh();
startAltair(endpoint);
