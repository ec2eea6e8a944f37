// look.js OUT AXE NAME=PAGE.html... - opens each page in Chromium, at 1280 and 390 pixels, light and dark, and on
// paper. Keeps what it looks like in OUT/NAME-*.png and OUT/NAME.pdf, and prints a line of JSON for each look:
// what axe found (AXE: the file axe.min.js, or "-": not looked), how wide the page is, what it asked for, what it
// said on the console, and, once a page, where the Tab key leads. Speaks the DevTools protocol over a pipe: no port, no package.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const TABS = 400; // a page has fewer places than that
const PATIENCE_MS = 540000;

class Browser {
    constructor(profile) {
        this.child = spawn('chromium', ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
            '--hide-scrollbars', `--user-data-dir=${profile}`, '--disable-background-networking',
            '--disable-component-update', '--no-first-run', '--disable-sync', '--host-resolver-rules=MAP * ~NOTFOUND',
            '--remote-debugging-pipe', 'about:blank'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
        this.waiting = new Map();
        this.heard = [];
        this.last = 0;
        this.text = '';
        this.child.stdio[4].setEncoding('utf8');
        this.child.stdio[4].on('data', (data) => this.read(data));
        this.gone = new Promise((done) => this.child.on('exit', done));
        this.gone.then((code) => this.waiting.forEach((one) => one.no(new Error(`chromium ended: ${code}`))));
    }

    read(data) {
        this.text += data;
        const parts = this.text.split('\0');
        this.text = parts.pop();
        for (const part of parts) {
            const message = JSON.parse(part);
            const one = this.waiting.get(message.id);
            this.waiting.delete(message.id);
            if (message.id === undefined) this.heard.push(message);
            else if (message.error) one.no(new Error(`${one.method}: ${message.error.message}`));
            else one.yes(message.result);
            if (message.method === 'Page.loadEventFired') this.loaded?.();
        }
    }

    ask(method, params = {}) {
        const id = ++this.last;
        const message = { id, method, params, sessionId: this.session };
        return new Promise((yes, no) => {
            this.waiting.set(id, { yes, no, method });
            this.child.stdio[3].write(JSON.stringify(message) + '\0');
        });
    }

    async open() {
        const { targetId } = await this.ask('Target.createTarget', { url: 'about:blank' });
        const { sessionId } = await this.ask('Target.attachToTarget', { targetId, flatten: true });
        this.session = sessionId;
        for (const room of ['Page', 'Runtime', 'Log', 'Network']) await this.ask(`${room}.enable`);
    }

    async go(url) {
        this.heard = [];
        const loaded = new Promise((done) => { this.loaded = done; });
        await this.ask('Page.navigate', { url });
        await loaded;
    }

    async value(expression) {
        const { result, exceptionDetails } =
            await this.ask('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        return result.value;
    }

    async picture(file) {
        const { cssContentSize: all } = await this.ask('Page.getLayoutMetrics');
        const { data } = await this.ask('Page.captureScreenshot', { captureBeyondViewport: true,
            clip: { x: 0, y: 0, width: all.width, height: Math.min(all.height, 16000), scale: 1 } });
        writeFileSync(file, Buffer.from(data, 'base64'));
    }
}

async function press(browser, key, code, text) {
    await browser.ask('Input.dispatchKeyEvent',
        { type: text ? 'keyDown' : 'rawKeyDown', key, code: key, windowsVirtualKeyCode: code, text });
    await browser.ask('Input.dispatchKeyEvent', { type: 'keyUp', key, code: key, windowsVirtualKeyCode: code });
}

// Whether the Enter key opens the first chart's data, and the next Tab leads into it.
async function opens(browser) {
    await browser.value('document.querySelector("details:has(.scroll) > summary").focus()');
    await press(browser, 'Enter', 13, '\r');
    await press(browser, 'Tab', 9);
    return browser.value(`document.querySelector('details:has(.scroll)').open &&
        document.activeElement.matches('details .scroll')`);
}

// Where the Tab key leads, in its order, until it is at the beginning again.
async function tabbed(browser) {
    const places = [];
    for (let i = 0; i < TABS; i++) {
        await press(browser, 'Tab', 9);
        const place = await browser.value(`(() => { const at = document.activeElement;
            if (at === document.body || at === window.firstTabbed) return '';
            window.firstTabbed ??= at;
            return at.tagName + ' ' + (at.getAttribute('aria-label') ?? at.textContent); })()`);
        if (place === '') break;
        places.push(place);
    }
    return places;
}

async function look(browser, axe, page, out, name, width, scheme) {
    await browser.ask('Emulation.setDeviceMetricsOverride', { width, height: 900, deviceScaleFactor: 1, mobile: false });
    await browser.ask('Emulation.setEmulatedMedia', { media: scheme === 'print' ? 'print' : 'screen',
        features: [{ name: 'prefers-color-scheme', value: scheme === 'dark' ? 'dark' : 'light' }] });
    await browser.go(pathToFileURL(resolve(page)).href);
    const seen = { page: name, width, scheme };
    seen.wide = await browser.value('document.documentElement.scrollWidth');
    await browser.picture(join(out, `${name}-${scheme === 'print' ? 'print' : `${width}-${scheme}`}.png`));
    if (scheme === 'print') {
        await browser.ask('Emulation.setEmulatedMedia', { media: '', features: [] });
        const { data } = await browser.ask('Page.printToPDF', { preferCSSPageSize: true, printBackground: true });
        writeFileSync(join(out, `${name}.pdf`), Buffer.from(data, 'base64'));
        return seen;
    }
    if (width === 1280 && scheme === 'light') { // the others have the same order
        seen.details = await browser.value('document.querySelectorAll("details").length');
        seen.tabs = await tabbed(browser);
        seen.opened = seen.details === 0 || await opens(browser);
    }
    await browser.value('document.querySelectorAll("details").forEach((one) => { one.open = true; })');
    seen.wide_open = await browser.value('document.documentElement.scrollWidth');
    if (axe !== null) {
        // All data in the first look; in the others two tables, since the rest looks alike.
        if (seen.tabs === undefined)
            await browser.value('[...document.querySelectorAll("details")].slice(2).forEach((one) => { one.open = false; })');
        await browser.value(axe);
        seen.axe = await browser.value(`axe.run(document, { resultTypes: ['violations', 'incomplete'] }).then((found) =>
            ({ passes: found.passes.length, incomplete: found.incomplete.map((one) => one.id),
               violations: found.violations.map((one) => one.id + ': ' + one.nodes.map((n) => n.target + ' ' +
                   n.failureSummary).slice(0, 4).join(' | ')) }))`);
    }
    seen.asked = browser.heard.filter((one) => one.method === 'Network.requestWillBeSent')
        .map((one) => one.params.request.url).filter((url) => !url.startsWith('file:'));
    seen.said = browser.heard.filter((one) => one.method === 'Log.entryAdded' || one.method === 'Runtime.consoleAPICalled' ||
        one.method === 'Runtime.exceptionThrown').map((one) => JSON.stringify(one.params).slice(0, 300));
    return seen;
}

const [out, axeFile, ...pages] = process.argv.slice(2);
const axe = axeFile === '-' ? null : readFileSync(axeFile, 'utf8') + '; 0';
const profile = mkdtempSync(join(tmpdir(), 'look-'));
const browser = new Browser(profile);
const tooLong = setTimeout(() => browser.child.kill('SIGKILL'), PATIENCE_MS);
try {
    await browser.open();
    for (const one of pages) {
        const at = one.indexOf('=');
        const [name, page] = [one.slice(0, at), one.slice(at + 1)];
        for (const [width, scheme] of [[1280, 'light'], [1280, 'dark'], [390, 'light'], [390, 'dark'], [794, 'print']])
            console.log(JSON.stringify(await look(browser, axe, page, out, name, width, scheme)));
    }
} finally {
    clearTimeout(tooLong);
    browser.child.kill();
    await browser.gone;
    // Helper processes of the browser write there for a while after it: up to 21 s of trying.
    rmSync(profile, { recursive: true, force: true, maxRetries: 20 });
}
