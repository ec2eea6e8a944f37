// browser.js - Chromium, by the DevTools protocol over a pipe: no port, no package.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PATIENCE_MS = 540000;

class Browser {
    constructor(profile) {
        this.child = spawn('chromium', ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
            '--hide-scrollbars', `--user-data-dir=${profile}`, '--disable-background-networking',
            '--disable-component-update', '--no-first-run', '--disable-sync', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
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

    // A screen of this width in this colour scheme; "print": on paper.
    async shape(width, scheme) {
        await this.ask('Emulation.setDeviceMetricsOverride', { width, height: 900, deviceScaleFactor: 1, mobile: false });
        await this.ask('Emulation.setEmulatedMedia', { media: scheme === 'print' ? 'print' : 'screen',
            features: [{ name: 'prefers-color-scheme', value: scheme === 'dark' ? 'dark' : 'light' }] });
    }

    // Waits until an expression is true in the page.
    async until(expression) {
        while (!await this.value(`Boolean(${expression})`)) await new Promise((done) => setTimeout(done, 50));
    }

    // What the page asked for since it was opened, and what it said on the console.
    asked() {
        return this.heard.filter((one) => one.method === 'Network.requestWillBeSent').map((one) => one.params.request.url);
    }

    said() {
        return this.heard.filter((one) => one.method === 'Log.entryAdded' || one.method === 'Runtime.consoleAPICalled' ||
            one.method === 'Runtime.exceptionThrown').map((one) => JSON.stringify(one.params).slice(0, 300));
    }
}

// Opens a browser for this work, and ends it.
export async function withBrowser(work) {
    const profile = mkdtempSync(join(tmpdir(), 'look-'));
    const browser = new Browser(profile);
    const tooLong = setTimeout(() => browser.child.kill('SIGKILL'), PATIENCE_MS);
    try {
        await browser.open();
        await work(browser);
    } finally {
        clearTimeout(tooLong);
        browser.child.kill();
        await browser.gone;
        // Helper processes of the browser may still write there. What they leave is in TMPDIR, which goes
        // with the test; a look is no worse for it.
        try {
            rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
        } catch (error) {
            if (error.code !== 'ENOTEMPTY' && error.code !== 'EBUSY') throw error;
        }
    }
}
