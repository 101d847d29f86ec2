import { afterAll, describe, expect, it, vi } from 'vitest';

import { createQuickJsSandbox } from '../../clients/quickjs-sandbox.ts';
import type { ProgramFailureCause } from '../../clients/verifier-sandbox.ts';

// Threads share the machine with other tests.
vi.setConfig({ testTimeout: 30_000 });

const sandbox = createQuickJsSandbox({ deadlineMs: 1500 });
afterAll(() => sandbox.close());

const yes = { ok: true, pass: true } as const;
const no = { ok: true, pass: false } as const;

/** A program whose function has this body. */
const body = (code: string): string => `function verify(text) { ${code} }`;

/** A call of one builtin that looks at no interrupt for minutes. */
const HANG = body('return new Array(1e9) + "" === text');

describe('a verifier program', () => {
  it.each([
    ['a function', body('return text.split(/\\s+/).length === 3'), 'one two three', yes],
    ['a function in a constant', 'const verify = (text) => text.startsWith("x")', 'one', no],
    [
      'helpers beside it',
      'const limit = 2; function long(s) { return s.length > limit } var verify = long',
      'abc',
      yes,
    ],
    ['modern syntax', body('return [...text].at(-1)?.normalize() === "é"'), 'cafe\u0301'.normalize(), yes],
    ['properties of letters', body(String.raw`return /^\p{Lu}/u.test(text)`), 'Éa', yes],
    ['JSON', body('try { JSON.parse(text); return true } catch { return false }'), '{"a":', no],
    ['dates', body('return new Date(text).getUTCDay() === 1'), '2024-01-01', yes],
  ])('decides by %s', async (_name, program, text, finding) => {
    expect(await sandbox.run(program, text)).toEqual(finding);
  });

  it('gets the text unharmed', async () => {
    const text = 'a\0b\u2028c\r\n\u{1F600}\uD800"\\${`';
    expect(await sandbox.run(body(`return text === ${JSON.stringify(text)}`), text)).toEqual(yes);
  });

  it('can read a very long text', async () => {
    const text = 'né '.repeat(1_000_000);
    expect(await sandbox.run(body('return text.length === 3e6 && text.indexOf("x") === -1'), text)).toEqual(yes);
  });

  it('gets the same clock and the same random numbers each time', async () => {
    const show = 'Date.now() + " " + new Date() + " " + Math.random() + " " + Math.random()';
    const shown = await Promise.all([1, 2, 3].map(() => sandbox.run(body(`throw ${show}`), '')));
    expect(shown[0]).toMatchObject({ message: expect.stringContaining('0 Thu Jan 01 1970 00:00:00 GMT+0000') });
    expect(new Set(shown.map((finding) => JSON.stringify(finding))).size).toBe(1);
  });
});

describe('a verifier program without a verdict', () => {
  it.each<[string, ProgramFailureCause, string]>([
    ['an endless loop', 'timeout', body('while (true) {}')],
    [
      'an endless loop that catches all',
      'timeout',
      body('for (;;) { try { for (;;) {} } catch { } finally { continue } }'),
    ],
    [
      'an endless loop while it loads',
      'timeout',
      `new (class { constructor() { while (true) {} } })(); ${body('return true')}`,
    ],
    [
      'an endless loop in its getter',
      'timeout',
      'Object.defineProperty(globalThis, "verify", { get() { for (;;) {} } })',
    ],
    ['an endless loop in what it throws', 'timeout', body('throw { get message() { for (;;) {} } }')],
    ['a pattern that backtracks for ever', 'timeout', body('return /^(a+)+$/.test(text + "a".repeat(60) + "!")')],
    [
      'endless recursion behind a catch',
      'timeout',
      body('const f = () => { try { f() } catch {} f() }; f(); return true'),
    ],
    ['a string that doubles', 'memory', body('let s = "xy"; for (;;) { s += s; s.charCodeAt(1); }')],
    ['an array that grows', 'memory', body('const a = []; for (;;) a.push(new Array(1000).fill(a.length))')],
    ['a large buffer', 'crashed', body('return new ArrayBuffer(2 ** 31) === text')],
    ['deep recursion', 'crashed', body('return 1 + verify(text)')],
    ['a thrown error', 'crashed', body('throw new Error("no")')],
    ['a thrown null', 'crashed', body('throw null')],
    ['a thrown symbol', 'crashed', body('throw Symbol("s")')],
    ['a thrown proxy', 'crashed', body('throw new Proxy({}, { get() { throw 1 } })')],
    ['a number', 'wrong-type', body('return 1')],
    ['a string', 'wrong-type', body('return "true"')],
    ['nothing', 'wrong-type', body('text.trim()')],
    ['null', 'wrong-type', body('return null')],
    ['a boxed boolean', 'wrong-type', body('return new Boolean(true)')],
    [
      'an object that turns into true',
      'wrong-type',
      body('return { valueOf: () => true, [Symbol.toPrimitive]: () => true }'),
    ],
    ['a proxy of true', 'wrong-type', body('return new Proxy(new Boolean(true), {})')],
    ['an object with a getter', 'wrong-type', body('return { get pass() { return true }, ok: true }')],
    ['a promise', 'wrong-type', `async ${body('return true')}`],
    ['a generator', 'wrong-type', 'function* verify() { return true }'],
    ['an import at run time', 'wrong-type', body('return import("node:fs")')],
    ['wrong syntax', 'syntax', 'function verify(text) {'],
    ['an import', 'syntax', `import fs from "fs"; ${body('return true')}`],
    ['no function', 'syntax', 'true'],
    ['a verify that is no function', 'syntax', 'var verify = true'],
    ['no text', 'syntax', ''],
    ['a call of require', 'crashed', body('return require("fs") !== undefined')],
    ['a call of process', 'crashed', body('process.exit(1)')],
    ['a class called without new', 'crashed', 'class verify {}'],
    ['brackets without end', 'syntax', '('.repeat(100_000)],
  ])('%s: %s', async (_name, cause, program) => {
    expect(await sandbox.run(program, 'aaaa')).toEqual({
      ok: false,
      cause,
      message: expect.stringMatching(/^.{1,200}$/),
    });
  });

  it('is killed when it hangs where no interrupt is looked at', async () => {
    expect(await sandbox.run(HANG, 'x')).toEqual({ ok: false, cause: 'timeout', message: 'ran longer than 1500 ms' });
    expect(await sandbox.run(body('return true'), 'x')).toEqual(yes);
  });

  it('gets at most 200 printable characters into its message', async () => {
    const finding = await sandbox.run(body(String.raw`throw new Error("\x1b[31m\u202E\n" + "x".repeat(1e6))`), '');
    expect(finding).toEqual({ ok: false, cause: 'crashed', message: expect.stringMatching(/^Error: +\[31m x+$/) });
    expect(JSON.stringify(finding).length).toBeLessThan(260);
  });
});

describe('a hostile verifier program', () => {
  it('sees nothing of the host', async () => {
    const names = [
      'process',
      'require',
      'module',
      'console',
      'fetch',
      'setTimeout',
      'performance',
      'std',
      'os',
      'Worker',
    ];
    const program = body(`return ${JSON.stringify(names)}.every((name) => !(name in globalThis))`);
    expect(await sandbox.run(program, '')).toEqual(yes);
    const escape =
      'return ({}).constructor.constructor("return typeof process + typeof require")() === "undefinedundefined"';
    expect(await sandbox.run(body(escape), '')).toEqual(yes);
  });

  it.each([
    'Boolean = () => true; Object.prototype.valueOf = () => true; Object.prototype.toString = () => "true";',
    'JSON.stringify = JSON.parse = () => true; Function.prototype.call = Function.prototype.apply = () => true;',
    'Object.prototype.ok = true; Object.prototype.pass = true; Object.prototype.kind = "finding";',
    'Boolean.prototype.valueOf = () => true; Boolean.prototype[Symbol.toPrimitive] = () => true; Symbol.hasInstance;',
    'for (const k of Object.getOwnPropertyNames(globalThis)) { try { globalThis[k] = () => true } catch {} }',
  ])('turns no false into true by %s', async (trick) => {
    expect(await sandbox.run(`${trick} var verify = () => false;`, '')).toEqual(no);
  });

  it('leaves nothing behind for the next', async () => {
    const single = createQuickJsSandbox({ threads: 1 });
    const dirty = 'String.prototype.trim = () => "changed"; globalThis.secret = 1; Math.random();';
    const clean = body('return text.trim() === "a" && typeof secret === "undefined"');
    expect(await single.run(`${dirty} ${body('return true')}`, ' a ')).toEqual(yes);
    expect(await single.run(clean, ' a ')).toEqual(yes);
    await single.close();
  });

  it('keeps the memory of the thread within bounds, call after call', async () => {
    const single = createQuickJsSandbox({ threads: 1 });
    await single.run(body('return true'), '');
    const before = process.memoryUsage.rss();
    for (let call = 0; call < 12; call += 1) await single.run(body('const a = []; for (;;) a.push([a.length])'), '');
    // Kept, they would hold 12 × 32 MiB = 384 MiB.
    expect((process.memoryUsage.rss() - before) / 2 ** 20).toBeLessThan(192);
    await single.close();
  });
});

describe('a sandbox', () => {
  it('decides 200 calls at once rightly though some hang', async () => {
    const pool = createQuickJsSandbox({ threads: 2, deadlineMs: 300 });
    const calls = Array.from({ length: 200 }, (_, index) => index);
    const findings = await Promise.all(
      calls.map((index) =>
        pool.run(index % 50 === 7 ? HANG : body(`return text === "${index - (index % 2)}"`), `${index}`),
      ),
    );
    // Calls 7, 57, 107 and 157 hang; of the other 196, the 100 even ones pass.
    expect(calls.filter((index) => findings[index]?.ok === false)).toEqual([7, 57, 107, 157]);
    const passed = calls.filter((index) => findings[index]?.ok === true && findings[index].pass);
    expect(passed).toEqual(calls.filter((index) => index % 2 === 0));
    await pool.close();
  });

  it('gives up a call that is aborted while it runs or waits, and goes on with the others', async () => {
    const single = createQuickJsSandbox({ threads: 1, deadlineMs: 60_000 });
    await single.run(body('return true'), '');
    const [running, waiting] = [new AbortController(), new AbortController()];
    const hung = single.run(HANG, '', running.signal);
    const queued = single.run(body('return true'), '', waiting.signal);
    const last = single.run(body('return true'), '');
    waiting.abort(new Error('no longer wanted'));
    await expect(queued).rejects.toThrow('no longer wanted');
    running.abort(new Error('stopped'));
    await expect(hung).rejects.toThrow('stopped');
    expect(await last).toEqual(yes);
    await expect(single.run(HANG, '', AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    await single.close();
  });

  it('ends what runs and what waits when it is closed', async () => {
    const single = createQuickJsSandbox({ threads: 1, deadlineMs: 60_000 });
    const calls = [single.run(HANG, ''), single.run(HANG, '')].map((call) => call.catch((error: unknown) => error));
    await single.close();
    const closed = expect.objectContaining({ code: 'stack/not-running' });
    expect(await Promise.all(calls)).toEqual([closed, closed]);
    await expect(single.run(body('return true'), '')).rejects.toThrow('is closed');
    await single.close();
  });

  it('counts steps and not time, up to the limit it was given', async () => {
    const tight = createQuickJsSandbox({ stepLimit: 5 });
    // The engine looks up twice a turn and takes 10,000 looks for a step: 5 steps are 5 × 5,000 = 25,000 turns.
    expect(await tight.run(body('for (let i = 0; i < 24_000; i += 1); return true'), '')).toEqual(yes);
    expect(await tight.run(body('for (let i = 0; i < 26_000; i += 1); return true'), '')).toEqual({
      ok: false,
      cause: 'timeout',
      message: 'took more than 5 steps',
    });
    await tight.close();
  });
});
