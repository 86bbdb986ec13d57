import { OAuthError } from './oauth-error.ts';

/** The parameters of a request (RFC 6749 §3.2). */
export class Form {
  readonly #parameters: URLSearchParams;

  constructor(body: string) {
    this.#parameters = new URLSearchParams(body);
  }

  /**
   * The value of a parameter; null if it is omitted, or has no value.
   *
   * @throws {OAuthError} if it is repeated: another reader may see another value.
   */
  optional(name: string): string | null {
    const [value, ...more] = this.#parameters.getAll(name);
    if (more.length > 0) throw new OAuthError('invalid_request', `${name} is repeated.`);
    return value === undefined || value === '' ? null : value;
  }

  /** @throws {OAuthError} as `optional`, and if it is omitted. */
  required(name: string): string {
    const value = this.optional(name);
    if (value === null) throw new OAuthError('invalid_request', `${name} is missing.`);
    return value;
  }

  /** @throws {OAuthError} if the parameter is there. */
  refuse(name: string): void {
    if (this.#parameters.has(name)) throw new OAuthError('invalid_request', `${name} is not supported.`);
  }

  /** RFC 6749 §3.3. */
  scopes(): string[] | null {
    return (
      this.optional('scope')
        ?.split(' ')
        .filter((scope) => scope !== '') ?? null
    );
  }

  /** RFC 8693 §2.1 or RFC 8707 §2. @throws {OAuthError} */
  audience(): string | null {
    const [audience, resource] = [this.optional('audience'), this.optional('resource')];
    if (audience !== null && resource !== null)
      throw new OAuthError('invalid_target', 'A token has one audience: give audience or resource.');
    return audience ?? resource;
  }
}
