import type { Clock } from '../../core/clock.ts';
import { RateLimitedError } from '../../core/errors.ts';
import { anonymous, type Origin } from '../../core/principal.ts';
import { looksLikeToken, type TokenExchange } from '../../modules/personal-access-tokens/index.ts';
import type { DelegateOutcome, ServiceClient, ServiceTokens } from '../../modules/service-clients/index.ts';
import { requireAuthenticated } from './client-credentials.ts';
import type { Form } from './form.ts';
import { TOKEN_EXCHANGE } from './metadata.ts';
import { invalidClient, OAuthError } from './oauth-error.ts';

interface Dependencies {
  readonly serviceTokens: ServiceTokens;
  readonly exchanges: TokenExchange;
  /** Our own. */
  readonly audience: string;
  readonly clock: Clock;
}

/** Token types (RFC 8693 §3). A personal access token is an access token too: an opaque one. */
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const JWT = 'urn:ietf:params:oauth:token-type:jwt';

/** A request for a token, of which the client, if any, is authenticated. */
interface TokenRequest {
  readonly form: Form;
  readonly client: ServiceClient | null;
  readonly origin: Origin;
}

/** Answers of the token endpoint. @throws {OAuthError} @throws {UnavailableError} */
export function createTokenEndpoint({ serviceTokens, exchanges, audience, clock }: Dependencies) {
  async function issueToClient({ form, client, origin }: TokenRequest) {
    const wanted = { scopes: form.scopes(), audience: form.audience() };
    return answer(await serviceTokens.issue(requireAuthenticated(client), wanted, origin));
  }

  async function exchange(request: TokenRequest) {
    const { form, client, origin } = request;
    const subjectToken = form.required('subject_token');
    checkTypes(form);
    const type = { issued_token_type: ACCESS_TOKEN };
    if (looksLikeToken(subjectToken)) return { ...(await exchangePersonal(request, subjectToken)), ...type };
    const wanted = { scopes: form.scopes(), audience: form.audience() };
    return {
      ...answer(await serviceTokens.delegate(requireAuthenticated(client), subjectToken, wanted, origin)),
      ...type,
    };
  }

  async function exchangePersonal({ form, origin }: TokenRequest, token: string) {
    const wanted = form.audience();
    if (wanted !== null && wanted !== audience)
      throw new OAuthError('invalid_target', 'Personal access tokens are exchanged for one audience.');
    const outcome = await exchanges.exchange(
      { principal: anonymous, origin },
      { token, scopes: form.scopes() },
    );
    switch (outcome.kind) {
      case 'issued':
        return granted(outcome);
      case 'invalid_token':
        throw invalidSubject();
      case 'invalid_input':
        throw new OAuthError('invalid_scope', 'The token does not have these scopes.');
      case 'rate_limited':
        throw new RateLimitedError(outcome.retryAfterSeconds);
      default:
        return outcome satisfies never;
    }
  }

  function answer(outcome: DelegateOutcome) {
    switch (outcome.kind) {
      case 'issued':
        return granted(outcome);
      case 'invalid_client':
        throw invalidClient();
      case 'invalid_scope':
        throw new OAuthError('invalid_scope', outcome.fields[0]?.message ?? '');
      case 'invalid_audience':
        throw new OAuthError('invalid_target', outcome.fields[0]?.message ?? '');
      case 'unauthorized_client':
        throw new OAuthError('unauthorized_client', 'This client may not act for users.');
      case 'invalid_token':
        throw invalidSubject();
      case 'rate_limited':
        throw new RateLimitedError(outcome.retryAfterSeconds);
      default:
        return outcome satisfies never;
    }
  }

  /** RFC 6749 §5.1. */
  function granted({ accessToken, expiresAt, scopes }: Extract<DelegateOutcome, { kind: 'issued' }>) {
    return {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: Math.max(0, Math.floor((expiresAt.getTime() - clock.now().getTime()) / 1_000)),
      scope: scopes.join(' '),
    };
  }

  return async (request: TokenRequest): Promise<object> => {
    const grantType = request.form.required('grant_type');
    if (grantType === 'client_credentials') return issueToClient(request);
    if (grantType === TOKEN_EXCHANGE) return exchange(request);
    throw new OAuthError('unsupported_grant_type', 'Grants are client_credentials and token exchange.');
  };
}

/** RFC 8693 §2.1. Whoever acts is the client that authenticates, and no token tells another. */
function checkTypes(form: Form): void {
  form.refuse('actor_token');
  form.refuse('actor_token_type');
  if (form.required('subject_token_type') !== ACCESS_TOKEN)
    throw new OAuthError('invalid_request', `subject_token_type must be ${ACCESS_TOKEN}.`);
  const requested = form.optional('requested_token_type') ?? ACCESS_TOKEN;
  if (requested !== ACCESS_TOKEN && requested !== JWT)
    throw new OAuthError('invalid_request', `requested_token_type must be ${ACCESS_TOKEN}.`);
}

/** RFC 8693 §2.2.2. */
const invalidSubject = () =>
  new OAuthError(
    'invalid_request',
    'subject_token is invalid, expired or revoked, or of a kind that is not exchanged.',
  );
