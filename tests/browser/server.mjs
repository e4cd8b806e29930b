// SPDX-License-Identifier: AGPL-3.0-or-later
// A store of its own in a temporary folder, filled as `script/server --demo` does, and the server on it.
import { spawn, spawnSync } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

// SAWT_ENGINE=pg: the store lies on the server of SAWT_TEST_PG (tools/pg_server.py), in two schemas of its own.
function engine() {
    const server = process.env.SAWT_TEST_PG;
    if (process.env.SAWT_ENGINE !== 'pg')
        return { options: [], drop: () => {} };

    const name = part => `browser_${process.pid}_${part}`;
    const psql = sql => {
        const done = spawnSync('psql', [server, '-q', '-X', '-v', 'ON_ERROR_STOP=1', '-c', sql], { encoding: 'utf8' });
        if (done.status !== 0)
            throw new Error(`psql: ${done.error ?? done.stderr}`);
    };
    const address = part => `${server}&options=-csearch_path%3D${name(part)}`;
    psql(`CREATE SCHEMA ${name('case')}; CREATE SCHEMA ${name('vault')}`);
    return {
        options: ['--set', `database=${address('case')}`, '--set', `vault=${address('vault')}`],
        drop: () => psql(`SET client_min_messages = warning;
            DROP SCHEMA ${name('case')} CASCADE; DROP SCHEMA ${name('vault')} CASCADE`),
    };
}

/* The server on a store that is there; `stop` removes the folder. */
async function serve(folder, address, options, drop = () => {}) {
    const log = join(folder, 'log'), file = openSync(log, 'w');
    const process_ = spawn(binary, ['serve', ...options, '--set', 'trusted_proxies=127.0.0.1,::1'], { stdio: ['ignore', file, file] });
    const stop = async () => {
        if (process_.exitCode === null && process_.signalCode === null) {
            const ended = new Promise(done => process_.once('exit', done));
            process_.kill('SIGTERM');
            await Promise.race([ended, sleep(5000)]);
            process_.kill('SIGKILL');
        }
        rmSync(folder, { recursive: true, force: true });
        drop();
    };
    if (!await answers(address)) {
        const said = readFileSync(log, 'utf8');
        await stop();
        throw new Error(`the server does not answer: ${said}`);
    }
    return { address, stop, log: () => readFileSync(log, 'utf8') };
}

export async function startServer() {
    const folder = mkdtempSync(join(tmpdir(), 'sawt-browser-')), store = join(folder, 'store');
    const port = await freePort(), address = `http://localhost:${port}`;
    const database = engine();
    const options = ['--dir', store, '--trial', '--port', String(port), '--address', address, ...database.options];

    sawt('import', 'data', '--registry', ...options);
    const accounts = readAccounts(sawt('accounts', ...options));
    sawt('replay', 'data/demo/requests.csv', 'demo', ...options);

    /* A subcommand on the running server, and more history for it. */
    const run = (...words) => sawt(...words, ...options);
    const replay = text => {
        const path = join(folder, 'more.csv');
        writeFileSync(path, text);
        return run('replay', path, 'demo');
    };
    return { ...await serve(folder, address, options, database.drop), accounts, store, run, replay };
}

/* A new store as production makes it, with the one-time link of its administrator; served in trial mode, because a
   browser here speaks no https. */
export async function startSetup() {
    const folder = mkdtempSync(join(tmpdir(), 'sawt-setup-')), key = join(folder, 'root.key');
    const port = await freePort(), address = `http://localhost:${port}`;
    const store = ['--dir', join(folder, 'store'), '--set', `root_key_file=${key}`];

    writeFileSync(key, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
    const said = sawt('accounts', ...store, '--set', 'https=yes', '--address', 'https://localhost');
    const path = said.match(/\/staff\/setup\/\S+/)?.[0];
    const server = await serve(folder, address, [...store, '--trial', '--port', String(port), '--address', address]);
    return { ...server, path };
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
