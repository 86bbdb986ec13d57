import { render } from 'preact';
import { ownSession } from './api/execute.ts';
import { App } from './app.tsx';

const root = document.getElementById('console');
if (root !== null) render(<App />, root);
void ownSession.resume();
