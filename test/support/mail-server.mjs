// A mail server in a process of its own, which tests kill and freeze. Prints each message as a line of JSON.
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';

const { PORT = '0', DELAY_MS = '0' } = process.env;

const server = new SMTPServer({
  logger: false,
  disabledCommands: ['AUTH', 'STARTTLS'],
  hideDSN: false,
  onRcptTo({ address }, _session, done) {
    if (address.startsWith('refused'))
      done(Object.assign(new Error('no such mailbox here'), { responseCode: 550 }));
    else if (address.startsWith('greylisted'))
      done(Object.assign(new Error('come back later'), { responseCode: 451 }));
    else done();
  },
  onData(stream, { envelope }, done) {
    const chunks = [];
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('end', () => {
      const to = envelope.rcptTo.map(({ address }) => address);
      const raw = Buffer.concat(chunks);
      setTimeout(async () => {
        const from = envelope.mailFrom?.address;
        const dsn = { ...envelope.dsn, notify: envelope.rcptTo[0]?.dsn?.notify };
        const message = {
          ...(await PostalMime.parse(raw)),
          envelope: { from, to, dsn },
          raw: raw.toString(),
        };
        process.stdout.write(`${JSON.stringify(message)}\n`);
        done();
      }, Number(DELAY_MS));
    });
  },
});
server.on('error', () => undefined);
const listening = server.listen(Number(PORT), '127.0.0.1', () =>
  process.stdout.write(`${JSON.stringify({ port: listening.address().port })}\n`),
);
