import { render } from 'preact';

render(<h1>Latchkey console</h1>, document.body);
