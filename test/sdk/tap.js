// tap.js PORT_FILE TO_PORT NAME - a wire between two programs: passes on what comes, and keeps the bytes of each way
// in NAME.up and NAME.down.
import fs from 'node:fs';
import net from 'node:net';

const [portFile, to, name] = process.argv.slice(2);
const kept = { up: fs.openSync(`${name}.up`, 'w'), down: fs.openSync(`${name}.down`, 'w') };
const pass = (from, other, file) => {
  from.on('data', (bytes) => {
    fs.writeSync(file, bytes);
    if (!other.write(bytes)) from.pause();
  });
  other.on('drain', () => from.resume());
  from.on('end', () => other.end());
  from.on('error', () => other.destroy());
  from.on('close', () => { if (from.errored || !from.readableEnded) other.destroy(); });
};
const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  const there = net.connect({ port: Number(to), host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  pass(client, there, kept.up);
  pass(there, client, kept.down);
});
server.listen(0, '127.0.0.1', () => {
  fs.writeFileSync(`${portFile}.new`, `${server.address().port}\n`);
  fs.renameSync(`${portFile}.new`, portFile);
});
