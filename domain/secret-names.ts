const SECRET_NAME = /(^|_)(api_?key|access_key|tokens?|secrets?|password|passwd|credentials?)(_|$)/i;

/** The variables of an environment whose names do not look like those of secrets. */
export function withoutSecrets(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !SECRET_NAME.test(name)));
}
