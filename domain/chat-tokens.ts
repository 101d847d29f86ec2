/**
 * Marks that chat templates set turns and thoughts with: `<|im_end|>`, `<s>`, `[INST]`, `<start_of_turn>`, `<think>`... A
 * tokenizer turns them into control tokens wherever they stand, in quoted text too.
 */
const CHAT_TOKEN =
  /<(?=\|[^|<>\n]{1,40}\|>|｜[^｜<>\n]{1,40}｜>|\/?s>|\/?(?:start_of_turn|end_of_turn|bos|eos|pad|unk|think|thinking|tool_call|tool_response)>|<\/?SYS>>)|\[(?=\/?(?:INST|AVAILABLE_TOOLS|TOOL_RESULTS|TOOL_CALLS|SYSTEM_PROMPT)\])/gi;

/** Sets a space into each chat token, so that a text that quotes one cannot end its turn or begin another. */
export function defuseChatTokens(text: string): string {
  return text.replaceAll(CHAT_TOKEN, (opening) => `${opening} `);
}

/** Whether a text holds a chat token. */
export function hasChatTokens(text: string): boolean {
  return text.search(CHAT_TOKEN) !== -1;
}
