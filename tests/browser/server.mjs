// SPDX-License-Identifier: AGPL-3.0-or-later
// A store of its own in a temporary folder, filled as `script/server --demo` does, and the server on it.
import { spawn, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const binary = resolve(process.env.SAWT ?? 'build/release/src/app/sawt');

export function sawt(...words) {
    const done = spawnSync(binary, words, { encoding: 'utf8' });
    if (done.status !== 0)
        throw new Error(`sawt ${words.join(' ')}: ${done.error ?? done.stderr + done.stdout}`);
    return done.stdout;
}

function freePort() {
    return new Promise((found, failed) => {
        const probe = createServer().once('error', failed).listen(0, '127.0.0.1', () => {
            const { port } = probe.address();
            probe.close(() => found(port));
        });
    });
}

function readAccounts(text) {
    const accounts = {};
    for (const [, login, password, secret] of text.matchAll(/^ {2}(\w+) +password (\S+) +second factor (\S+)/gm))
        accounts[login] = { login, password, secret };
    return accounts;
}

async function answers(address) {
    for (let tries = 0; tries < 100; tries++) {
        try {
            return (await fetch(address)).ok;
        } catch {
            await sleep(100);
        }
    }
    return false;
}

export async function startServer() {
    const folder = mkdtempSync(join(tmpdir(), 'sawt-browser-'));
    const port = await freePort(), address = `http://localhost:${port}`;
    const options = ['--dir', join(folder, 'store'), '--trial', '--port', String(port), '--address', address];

    sawt('import', 'data', '--registry', ...options);
    const accounts = readAccounts(sawt('accounts', ...options));
    sawt('replay', 'data/demo/requests.csv', 'demo', ...options);

    const log = join(folder, 'log'), file = openSync(log, 'w');
    const process_ = spawn(binary, ['serve', ...options], { stdio: ['ignore', file, file] });
    const stop = async () => {
        if (process_.exitCode === null && process_.signalCode === null) {
            const ended = new Promise(done => process_.once('exit', done));
            process_.kill('SIGTERM');
            await Promise.race([ended, sleep(5000)]);
            process_.kill('SIGKILL');
        }
        rmSync(folder, { recursive: true, force: true });
    };
    if (!await answers(address)) {
        const said = readFileSync(log, 'utf8');
        await stop();
        throw new Error(`the server does not answer: ${said}`);
    }
    /* A subcommand on the running server. */
    const run = (...words) => sawt(...words, ...options);
    return { address, accounts, stop, run, log: () => readFileSync(log, 'utf8') };
}

/* RFC 6238: SHA-1, 30 seconds, six digits. */
export function totp(secret, now = Date.now()) {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
    const bits = [...secret].map(c => letters.indexOf(c).toString(2).padStart(5, '0')).join('');
    const key = Buffer.from(bits.match(/.{8}/g).map(byte => parseInt(byte, 2)));
    const step = Buffer.alloc(8);
    step.writeBigUInt64BE(BigInt(Math.floor(now / 30000)));
    const mac = createHmac('sha1', key).update(step).digest();
    const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
    return String(number % 1000000).padStart(6, '0');
}
