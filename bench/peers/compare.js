// compare.js GLIMPSE PAGE - plays every fault script to the SDK and to `glimpse batch`, all at the
// same time, each against a server of its own, and writes the page with the table.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { faults, serve } from './faults.js';

const [glimpse, page] = process.argv.slice(2);
const here = path.dirname(new URL(import.meta.url).pathname);
const version = JSON.parse(readFileSync(path.join(here, 'node_modules/openai/package.json'))).version;
const scratch = mkdtempSync(path.join(tmpdir(), 'glimpse-peers-'));
const CONCURRENCY = 16;
const LIMIT_MS = 110000; // a client that takes longer is stopped, and the table says so

function run(program, args, env) {
  const start = performance.now();
  return new Promise((done) => {
    execFile(program, args, { env: { ...process.env, ...env }, timeout: LIMIT_MS, maxBuffer: 1 << 26 },
      (error, stdout, stderr) => done({
        code: error ? error.code ?? 'stopped' : 0, stdout, stderr, took: performance.now() - start,
      }));
  });
}

async function withSdk(fault, url) {
  const ran = await run('node', [path.join(here, 'sdk.js'), url, String(fault.requests), String(CONCURRENCY), String(Boolean(fault.stream))]);
  if (ran.code !== 0) throw new Error(`sdk.js: ${ran.code}: ${ran.stderr}`);
  return { ...JSON.parse(ran.stdout), took: ran.took };
}

async function withGlimpse(fault, url, i) {
  const input = path.join(scratch, `${i}.jsonl`);
  const lines = Array.from({ length: fault.requests }, (_, n) => JSON.stringify({
    custom_id: String(n), method: 'POST', url: '/v1/chat/completions',
    body: { model: 'm', ...(fault.stream ? { stream: true } : {}), messages: [{ role: 'user', content: `question ${n}` }] },
  }));
  writeFileSync(input, lines.join('\n') + '\n');
  const ran = await run(glimpse, ['batch', input, '-o', '-', '--quiet', '--base-url', url, '--concurrency', String(CONCURRENCY), '--log-level', 'error'],
    { OPENAI_API_KEY: 'sk-peers' });
  const outcome = { ok: 0, failed: {}, took: ran.took, code: ran.code };
  const records = ran.stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  for (const record of records) {
    if (record.error === null && record.glimpse.sample === 'one two three four') outcome.ok++;
    else {
      const what = record.error === null ? 'a wrong answer' : record.error.code;
      outcome.failed[what] = (outcome.failed[what] ?? 0) + 1;
    }
  }
  if (records.length < fault.requests) outcome.failed['not sent'] = fault.requests - records.length;
  return outcome;
}

async function meet(fault, client, i) {
  const { seen, server, url } = await serve(fault);
  const outcome = await client(fault, url, i);
  server.closeAllConnections();
  server.close();
  return { ...outcome, times: seen.times };
}

function cells(fault, met) {
  const said = [];
  if (met.ok > 0) said.push(fault.requests === 1 ? 'answered' : `${met.ok} answered`);
  for (const [what, count] of Object.entries(met.failed))
    said.push(fault.requests === 1 ? what : `${count} ${what}`);
  if (met.code) said.push(`exit ${met.code}`);
  const gaps = met.times.slice(1).map((time, i) => ((time - met.times[i]) / 1000).toFixed(1));
  const waits = fault.requests === 1 ? gaps.join(', ') || '-' : `all within ${(met.times.at(-1) / 1000).toFixed(1)}`;
  return `${met.times.length} | ${waits} | ${said.join(', ')}`;
}

const results = await Promise.all(faults.map(async (fault, i) => {
  const [sdk, ours] = await Promise.all([meet(fault, withSdk, i), meet(fault, withGlimpse, i)]);
  return { fault, sdk, ours };
}));
rmSync(scratch, { recursive: true });

const rows = results.map(({ fault, sdk, ours }) =>
  `| ${fault.name} | ${cells(fault, sdk)} | ${cells(fault, ours)} |`);
const text = `# The same faults, two clients

Written by \`sh bench/peers/compare.sh\`; do not edit. The official Node SDK (npm \`openai\` ${version},
node ${process.versions.node}) and \`glimpse batch\` meet the same scripted server
(\`bench/peers/faults.js\`), each with its defaults, at most ${CONCURRENCY} requests at once. Attempts are what the
server counted; waits are seconds between them. \`${version}\` is the newest line of the SDK that runs
on node 20; what the SDK does by default is two retries.

| the server's answer | SDK: attempts | waits | outcome | Glimpse: attempts | waits | outcome |
|---|---|---|---|---|---|---|
${rows.join('\n')}

What is behind the differences: [backoff](internals/backoff.md) for what is tried again and when,
[engine](internals/engine.md) for the circuit and the pace.
`;
writeFileSync(page, text);
console.log(text);
