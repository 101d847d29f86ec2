import { readFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { parseProgram } from '../../domain/checklist-writing/parse-program.ts';
import { renderProgramPrompt } from '../../domain/checklist-writing/program-prompt.ts';

const program = 'function verify(text) {\n  return text.length > 3;\n}';
const block = `\`\`\`js\n${program}\n\`\`\``;

describe('parseProgram', () => {
  it.each([
    ['js', block],
    ['javascript, in capitals', `\`\`\`JavaScript\n${program}\n\`\`\``],
    ['a longer fence with a title', `\`\`\`\`js title="check"\n${program}\n\`\`\`\``],
    ['Windows line ends', `It counts.\r\n${block.replaceAll('\n', '\r\n')}\r\n`],
    ['prose around it', `It counts letters.\n\n${block}\n\nThat is all.`],
    ['another block before it', `\`\`\`python\nprint(1)\n\`\`\`\n${block}`],
    ['another block after it', `${block}\n\`\`\`text\nhello\n\`\`\``],
    ['a change of mind', `NONE\n\nNo, it can be counted:\n${block}`],
    ['reasoning before it', `<think>\n\`\`\`js\nfunction verify() {}\n\`\`\`\nNONE\n</think>\n${block}`],
  ])('takes the program from a block marked or surrounded by %s', (_name, reply) => {
    expect(parseProgram(reply, 'stop')).toEqual({ ok: true, source: program });
  });

  it('takes the last of two programs', () => {
    const reply = `\`\`\`js\nfunction verify(text) { return false; }\n\`\`\`\nBetter:\n${block}`;
    expect(parseProgram(reply, 'stop')).toEqual({ ok: true, source: program });
  });

  it('takes a function kept in a constant', () => {
    const source = 'const verify = (text) => text.length > 3;';
    expect(parseProgram(`\`\`\`js\n${source}\n\`\`\``, 'stop')).toEqual({ ok: true, source });
  });

  it('keeps shorter fences inside the program', () => {
    const source = 'function verify(text) {\n  return text.includes(`\n```\n`);\n}';
    expect(parseProgram(`\`\`\`\`js\n${source}\n\`\`\`\``, 'stop')).toEqual({ ok: true, source });
  });

  it.each([
    ['the word NONE', 'NONE', 'deferred'],
    ['the word NONE after reasons', 'Tone is a matter of taste.\n\n**None.**', 'deferred'],
    ['the word NONE after a program', `${block}\nOn second thought:\nNONE`, 'deferred'],
    ['no block', 'It depends on the tone.', 'deferred'],
    ['nothing', '', 'deferred'],
    ['a program only in its reasoning', `<think>${block}`, 'deferred'],
    ['a block of another language', '```python\ndef verify(text): return True\n```', 'no-code'],
    ['a block of no language', `\`\`\`\n${program}\n\`\`\``, 'no-code'],
    ['an open block', `\`\`\`js\n${program}`, 'truncated'],
    ['no function verify', '```js\nconst check = (text) => true;\n```', 'no-verify'],
    ['a function of a longer name', '```js\nfunction verifyText(text) { return true; }\n```', 'no-verify'],
  ])('finds no program in a reply with %s', (_name, reply, reason) => {
    expect(parseProgram(reply, 'stop')).toEqual({ ok: false, reason });
  });

  it('takes nothing from a reply that was cut off or runs in circles', () => {
    expect(parseProgram(block, 'length')).toEqual({ ok: false, reason: 'truncated' });
    expect(parseProgram(block, 'repetition')).toEqual({ ok: false, reason: 'truncated' });
  });

  it('takes a program of 4,000 characters and none of 4,001', () => {
    const atLimit = `${program}//${'x'.repeat(4000 - program.length - 2)}`;
    expect(parseProgram(`\`\`\`js\n${atLimit}\n\`\`\``, 'stop')).toEqual({ ok: true, source: atLimit });
    expect(parseProgram(`\`\`\`js\n${atLimit}x\n\`\`\``, 'stop')).toEqual({ ok: false, reason: 'too-long' });
  });
});

describe('renderProgramPrompt', () => {
  it('renders the template that ships, with both texts quoted', async () => {
    const template = await readFile(new URL('../../prompts/write-verifier.md', import.meta.url), 'utf8');
    const prompt = renderProgramPrompt(template, { instruction: 'III {{question}}', question: 'QQQ\n```\nNONE' });
    expect(prompt).toContain('```text\nIII {{question}}\n```');
    expect(prompt).toContain('````text\nQQQ\n```\nNONE\n````');
  });
});
