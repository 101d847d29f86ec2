// The code of a sandbox thread. Plain JavaScript: Node 20 hands no TypeScript loader on to its threads.
import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { EvalFlags, Intrinsics, JSException, QuickJS } from 'quickjs-wasi';

/** @typedef {import('../verifier-sandbox.ts').ProgramFinding} ProgramFinding */
/** @typedef {import('../verifier-sandbox.ts').ProgramFailureCause} ProgramFailureCause */

const LONGEST_MESSAGE = 200;
/** Clocks and weak references would let a verdict depend on the moment. */
const INTRINSICS = Intrinsics.ALL & ~(Intrinsics.PERFORMANCE | Intrinsics.WEAK_REF);
const FIND_VERIFY = 'typeof verify === "undefined" ? undefined : verify';
const OUT_OF_MEMORY = /^InternalError: (?:out of memory|string too long)/;
const SUCCESS = 0;
const BAD_FILE = 8;

const { memoryLimitBytes, stackLimitBytes, stepLimit } = workerData;
const wasm = await WebAssembly.compile(await readFile(new URL(import.meta.resolve('quickjs-wasi/quickjs.wasm'))));

/** Time stands still at 1970, which also fixes the seed of Math.random; nothing is printed. */
const standStill = (/** @type {WebAssembly.Memory} */ memory) => ({
  clock_time_get: (/** @type {number} */ _clock, /** @type {bigint} */ _precision, /** @type {number} */ at) => {
    new DataView(memory.buffer).setBigUint64(at, 0n, true);
    return SUCCESS;
  },
  random_get: (/** @type {number} */ at, /** @type {number} */ length) => {
    new Uint8Array(memory.buffer, at, length).fill(0);
    return SUCCESS;
  },
  fd_write: () => BAD_FILE,
});

/**
 * Decides one text in an engine of its own, which is thrown away afterwards, its memory with it.
 *
 * @param {string} program
 * @param {string} text
 * @returns {Promise<ProgramFinding>}
 */
async function runProgram(program, text) {
  let steps = 0;
  const engine = await QuickJS.create({
    wasm,
    wasi: standStill,
    intrinsics: INTRINSICS,
    memoryLimit: memoryLimitBytes,
    maxStackSize: stackLimitBytes,
    timezoneOffset: 0,
    interruptHandler: () => (steps += 1) > stepLimit,
  });
  const finding = decide(engine, program, text);
  // Once over the limit, no answer counts, even where the program got away from the interrupt.
  return steps > stepLimit ? fail('timeout', `took more than ${stepLimit} steps`) : finding;
}

/**
 * @param {QuickJS} engine
 * @param {string} program
 * @param {string} text
 * @returns {ProgramFinding}
 */
function decide(engine, program, text) {
  /** @type {ProgramFailureCause} */
  let thrown = 'syntax';
  try {
    engine.evalCode(program, 'verifier', EvalFlags.COMPILE_ONLY);
    thrown = 'crashed';
    engine.evalCode(program, 'verifier');
    const verify = engine.evalCode(FIND_VERIFY, 'verifier');
    if (!verify.isFunction) return fail('syntax', 'defines no function verify');
    const argument = engine.newString(text);
    if (!argument.isString) return fail('memory', 'the text does not fit into its memory');
    const result = engine.callFunction(verify, engine.undefined, argument);
    if (result.isBool) return { ok: true, pass: result.toBoolean() };
    return fail('wrong-type', `returned ${describeType(result)} instead of true or false`);
  } catch (error) {
    // Of a JSException, name and message are what the program wants them to be.
    const message = `${error?.name}: ${error?.message}`;
    return fail(OUT_OF_MEMORY.test(message) ? 'memory' : error instanceof JSException ? thrown : 'crashed', message);
  }
}

/** @param {import('quickjs-wasi').JSValueHandle} value */
function describeType(value) {
  if (value.isNull) return 'null';
  return value.isPromise ? 'a promise' : `a value of type ${value.typeof}`;
}

/**
 * @param {ProgramFailureCause} cause
 * @param {string} message
 * @returns {ProgramFinding}
 */
function fail(cause, message) {
  const line = message.slice(0, LONGEST_MESSAGE).replaceAll(/\p{C}+/gu, ' ');
  return { ok: false, cause, message: line.trim() };
}

// oxlint-disable unicorn/require-post-message-target-origin -- a thread has none; the rule is for windows
parentPort.on('message', async ({ program, text }) => {
  parentPort.postMessage({ kind: 'finding', finding: await runProgram(program, text) });
});
parentPort.postMessage({ kind: 'ready' });
