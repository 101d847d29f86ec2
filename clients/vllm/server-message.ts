import { z } from 'zod';

const MAX_CHARS = 300;

const errorBody = z.object({
  error: z
    .union([
      z.string(),
      z.object({ message: z.string().optional(), code: z.union([z.string(), z.number()]).nullish() }),
    ])
    .optional(),
  message: z.string().optional(),
  code: z.union([z.string(), z.number()]).nullish(),
  detail: z.union([z.string(), z.array(z.object({ msg: z.string() }))]).optional(),
});

/**
 * What a server said in the body of an error: the text of vLLM's, OpenAI's and FastAPI's shapes, otherwise the body itself.
 *
 * Fields that echo the request are left out, so that a prompt can't be mistaken for the server's words.
 */
export function readServerMessage(body: string): string {
  let parsed: z.infer<typeof errorBody>;
  try {
    parsed = errorBody.parse(JSON.parse(body));
  } catch {
    return body;
  }
  const { error, message, code, detail } = parsed;
  const inner = typeof error === 'object' ? error : { message: error ?? message, code };
  const text = inner.message ?? (typeof detail === 'string' ? detail : detail?.map((item) => item.msg).join('; '));
  if (text === undefined) return body;
  return typeof inner.code === 'string' ? `${text} (${inner.code})` : text;
}

/** The first 300 characters of a server's words on one line, with the API key struck out. */
export function quoteServerMessage(message: string, apiKey: string | undefined): string {
  const redacted = apiKey === undefined || apiKey === '' ? message : message.replaceAll(apiKey, '[api key]');
  const line = redacted.replaceAll(/\s+/g, ' ').trim();
  return line === '' ? 'an empty body' : `"${line.slice(0, MAX_CHARS)}"`;
}
