import { readFileSync } from 'node:fs';
import { FailureError } from '@gumshoe/base/failure';
import type { Secrets, SshConnection } from '@gumshoe/engine/ports';
import ssh2, { type ConnectConfig } from 'ssh2';

const WINDOWS_AGENT = String.raw`\\.\pipe\openssh-ssh-agent`;

/** What the connection shows to prove who it is. */
export interface Authentication {
  readonly config: Pick<ConnectConfig, 'agent' | 'privateKey' | 'passphrase' | 'password' | 'tryKeyboard'>;
  /** For failures: "key ~/.ssh/id_ed25519". Never a secret. */
  readonly shown: string;
}

/** Rejects with FailureError when there is no agent, key or secret to show. */
export async function authentication(
  { auth, host }: SshConnection,
  secrets: Secrets,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Authentication> {
  switch (auth.method) {
    case 'agent': {
      const agent =
        environment['SSH_AUTH_SOCK'] || (process.platform === 'win32' ? WINDOWS_AGENT : undefined);
      if (agent) return { config: { agent }, shown: 'the keys of the agent' };
      throw refused(
        'reach the SSH agent',
        host,
        'SSH_AUTH_SOCK is not set: no agent runs',
        'Start ssh-agent, or use a key file.',
      );
    }
    case 'key':
      return { config: await key(auth, secrets), shown: `the key ${auth.keyFile}` };
    case 'password': {
      const password = await needed(secrets, auth.passwordRef, 'SSH password', host);
      return { config: { password, tryKeyboard: true }, shown: 'a password' };
    }
  }
}

async function key(
  { keyFile, passphraseRef }: Extract<SshConnection['auth'], { method: 'key' }>,
  secrets: Secrets,
): Promise<Authentication['config']> {
  const tried = 'read the private key';
  let privateKey: Buffer;
  try {
    privateKey = readFileSync(keyFile);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const remedy = 'Give the path of a private key that you may read.';
    throw new FailureError({ code: 'not-found', tried, target: keyFile, reason, remedy });
  }
  const passphrase =
    passphraseRef === undefined
      ? undefined
      : await needed(secrets, passphraseRef, 'passphrase of the key', keyFile);
  const parsed = ssh2.utils.parseKey(privateKey, passphrase);
  if (parsed instanceof Error)
    throw refused(
      tried,
      keyFile,
      parsed.message,
      /encrypted|passphrase|decrypt|integrity/i.test(parsed.message)
        ? 'Enter the passphrase of the key.'
        : 'Give an OpenSSH or PEM private key.',
    );
  return passphrase === undefined ? { privateKey } : { privateKey, passphrase };
}

async function needed(secrets: Secrets, reference: string, what: string, target: string): Promise<string> {
  const value = await secrets.get(reference);
  if (value !== undefined) return value;
  throw refused(
    `read the ${what}`,
    target,
    'it is not in the key store',
    'Enter it again in the connection.',
  );
}

function refused(tried: string, target: string, reason: string, remedy: string): FailureError {
  return new FailureError({ code: 'unauthorized', tried, target, reason, remedy });
}
