// httpd.js - holds the HTTP server's parser against llhttp, as Node has it: the rows of
// test/net/httpd_cases.txt, and as many made of them by small changes (seeded, the same each time).
// A disagreement that docs/http_llhttp.md does not list fails, and so does a row of the page that
// explains nothing. A row that is not seen is no failure: two versions of llhttp share the page.
//
//     node httpd.js VERDICTS ROOT [CHANGED]
//     node httpd.js --self-test
"use strict";
const { spawnSync } = require("child_process");
const fs = require("fs");
const { HTTPParser, methods } = require("_http_common");

const [verdicts, root, changed = "20000"] = process.argv.slice(2);

// --- inputs ------------------------------------------------------------------------------------

function undo(text) {
    return text.replace(/\\(\{(\d+) (.*?)\}|x(..)|.)/gs, (_, what, times, repeated, hex) => {
        if (times) return undo(repeated).repeat(Number(times));
        if (hex) return String.fromCharCode(parseInt(hex, 16));
        return { r: "\r", n: "\n", t: "\t" }[what] ?? what;
    });
}

function cases() {
    return fs.readFileSync(`${root}/test/net/httpd_cases.txt`, "utf8").split("\n")
        .filter((line) => line !== "" && !line.startsWith("#"))
        .map((line) => line.split("\t")).map(([id, , bytes]) => ({ id, bytes: undo(bytes) }));
}

let state = 14;
function below(n) { // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
}

const bytes = ["\r", "\n", "\r\n", " ", "\t", ":", ",", ";", "0", "5", "a", "\0", "\x01", "\x7f", "\x80", "\xff",
    "=", "\"", "\\", "/", "?", "#", "%", "@", "_", "-", "[", "]", "chunked", "close", "\r\n\r\n", "HTTP/1.0"];

function change(text) {
    const at = below(text.length + 1), lines = text.split("\r\n"), other = bytes[below(bytes.length)];
    switch (below(5)) {
    case 0: return text.slice(0, at) + other + text.slice(at);
    case 1: return text.slice(0, at) + text.slice(at + 1 + below(3));
    case 2: return text.slice(0, at) + other + text.slice(at + 1);
    case 3: lines.splice(below(lines.length), 0, lines[below(lines.length)]); return lines.join("\r\n");
    default: lines.splice(below(lines.length), 1); return lines.join("\r\n");
    }
}

function inputs() {
    const rows = cases(), small = rows.filter((row) => row.bytes.length < 400), all = rows.slice();
    for (let i = 0; i < Number(changed); i++) {
        const row = small[below(small.length)];
        let text = row.bytes;
        for (let n = 1 + below(3); n > 0; n--) text = change(text);
        if (text !== "") all.push({ id: `${row.id} changed`, bytes: text });
    }
    return all;
}

// --- the two -----------------------------------------------------------------------------------

function ours(all) {
    const run = spawnSync(verdicts, { input: all.map((row) => Buffer.from(row.bytes, "latin1").toString("hex")).join("\n") + "\n",
        maxBuffer: 1 << 30 });
    if (run.status !== 0) throw new Error(`${verdicts}: ${run.error ?? run.stderr}`);
    return run.stdout.toString().trim().split("\n").map((line) => JSON.parse(line));
}

function theirs(text) {
    const parser = new HTTPParser(), requests = [];
    let current = null, begun = false, closed = false, upgraded = false;
    parser.initialize(HTTPParser.REQUEST, {}, 1 << 24, 0);
    parser[HTTPParser.kOnMessageBegin | 0] = () => { begun = true; address = ""; };
    let address = "";
    parser[HTTPParser.kOnHeaders | 0] = (more, url) => { address += url; };
    parser[HTTPParser.kOnHeadersComplete | 0] = (major, minor, more, method, url, status, message, upgrade, keeps) => {
        current = { method: methods[method] ?? `method ${method}`,
            target: url ?? address, body: [], keeps, upgrade };
        address = "";
        return 0;
    };
    parser[HTTPParser.kOnBody | 0] = (part) => { current.body.push(Buffer.from(part)); };
    parser[HTTPParser.kOnMessageComplete | 0] = () => {
        const hex = (s) => Buffer.from(s, "latin1").toString("hex");
        requests.push({ method: hex(current.method), target: hex(current.target.replace(/^https?:\/\/[^/?]*/i, "") || "/"),
            body: Buffer.concat(current.body).toString("hex") });
        if (!current.keeps) closed = true;
        if (current.upgrade) upgraded = true;
        begun = false;
        current = null;
    };
    const result = parser.execute(Buffer.from(text, "latin1"));
    let end = begun ? "more" : closed ? "closed" : "ok";
    if (upgraded) end = "upgraded";
    else if (result instanceof Error) end = result.code === "HPE_CLOSED_CONNECTION" ? "closed" : `${result.code}: ${result.reason}`;
    return { requests, end };
}

// --- where they differ -------------------------------------------------------------------------

const plain = (end) => ["ok", "more", "closed", "upgraded"].includes(end);

// A disagreement by its name in the page; null: they agree.
function differ(us, them) {
    const most = Math.min(us.requests.length, them.requests.length);
    for (let i = 0; i < most; i++)
        for (const part of ["method", "target", "body"])
            if (us.requests[i][part] !== them.requests[i][part]) return `another ${part}`;
    if (them.end === "upgraded") {
        return !plain(us.end) && us.requests.length < them.requests.length ? `refused here: ${us.end}` : "llhttp ends at an upgrade";
    }
    if (!plain(us.end) && !plain(them.end) && us.requests.length === them.requests.length) return null;
    // The one that refuses first; what the other makes of the rest says nothing.
    if (!plain(us.end) && us.requests.length <= them.requests.length) return `refused here: ${us.end}`;
    if (!plain(them.end) && us.requests.length === them.requests.length && us.end === "more")
        return "llhttp does not wait";
    if (!plain(them.end) && them.requests.length <= us.requests.length) return `refused by llhttp: ${them.end}`;
    if (us.requests.length !== them.requests.length) return `another number of requests: ${us.end} / ${them.end}`;
    return us.end === them.end ? null : `another end: ${us.end} / ${them.end}`;
}

// The rows of the page: each kind with its explanation.
function rowsOf(page) {
    return [...page.matchAll(/^\|\s*`(.*?)`\s*\|(.*)$/gm)]
        .map(([, kind, why]) => ({ kind, why: why.replace(/\|\s*$/, "").trim() }));
}

// What is wrong with them.
function faultsOf(rows) {
    const words = (text) => text.split(/\s+/).filter((word) => /[A-Za-z0-9]/.test(word)).length;
    return [
        ...(rows.length ? [] : ["the page has no rows"]),
        ...rows.filter(({ why }) => words(why) < 4)
            .map(({ kind, why }) => `an explanation of fewer than 4 words: ${kind}: "${why}"`),
        ...rows.filter(({ kind }, i) => rows.findIndex((row) => row.kind === kind) !== i)
            .map(({ kind }) => `twice on the page: ${kind}`),
    ];
}

function selfTest() {
    const good = "| kind | why |\n|---|---|\n| `another end: more / ok` | llhttp misses nothing here. |\n";
    for (const [claim, page, count] of [
        ["a row with its reason", good, 0],
        ["no rows", "# Page\n", 1],
        ["an empty explanation", `${good}| \`a\` | |\n`, 1],
        ["no explanation", `${good}| \`a\` |\n`, 1],
        ["three words", `${good}| \`a\` | The same again. |\n`, 1],
        ["marks that are no words", `${good}| \`a\` | The same - - |\n`, 1],
        ["a kind twice", good + good, 1],
    ]) {
        const faults = faultsOf(rowsOf(page));
        if (faults.length !== count) {
            console.log(`self-test: ${claim}: ${faults.length} faults, not ${count}: ${faults}`);
            process.exit(1);
        }
    }
    process.exit(0);
}

if (verdicts === "--self-test") selfTest();
const rows = rowsOf(fs.readFileSync(`${root}/docs/http_llhttp.md`, "utf8"));
const faults = faultsOf(rows), listed = new Set(rows.map((row) => row.kind));
for (const fault of faults) console.log(`docs/http_llhttp.md: ${fault}`);
const all = inputs(), judged = ours(all), found = new Map();
all.forEach((row, i) => {
    const kind = differ(judged[i], theirs(row.bytes));
    if (kind === null) return;
    const name = kind.replaceAll("`", "´"); // it stands in backquotes on the page
    const known = found.get(name) ?? { count: 0, row, us: judged[i] };
    known.count++;
    found.set(name, known);
});
let unknown = 0;
for (const [name, { count, row, us }] of [...found].sort()) {
    console.log(`${listed.has(name) ? "listed" : "NOT LISTED"}\t${count}\t${name}`);
    if (listed.has(name)) continue;
    unknown++;
    console.log(`\t${row.id}: ${JSON.stringify(row.bytes.slice(0, 300))}\n\there: ${JSON.stringify(us).slice(0, 300)}\n\tllhttp: ${JSON.stringify(theirs(row.bytes)).slice(0, 300)}`);
}
console.log(`${all.length} inputs, ${found.size} kinds of disagreement, ${unknown} not listed; llhttp ${process.versions.llhttp}`);
process.exit(unknown === 0 && faults.length === 0 ? 0 : 1);
