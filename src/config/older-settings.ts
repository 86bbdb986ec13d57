/** Settings of other auth services, and what takes their place here. */
export const olderSettings: Readonly<Record<string, string>> = {
  ...all('JWT_ACCESS_SECRET JWT_ACCESS_TOKEN_SECRET ACCESS_TOKEN_SECRET', {
    by: 'JWT_PRIVATE_KEY, or JWT_SECRET for back-ends that need a shared secret',
  }),
  ...all('JWT_PUBLIC_KEY', { by: 'JWT_PRIVATE_KEY, from which the public key follows' }),
  ...all('JWT_ALGORITHM JWT_SIGNING_ALGORITHMS', { by: 'JWT_PRIVATE_KEY, whose type decides the algorithm' }),
  ...all('JWT_EXPIRY JWT_EXPIRATION JWT_EXPIRES_IN JWT_ACCESS_EXPIRES_IN ACCESS_TOKEN_EXPIRY', {
    by: 'JWT_ACCESS_EXPIRY',
  }),
  ...all('JWT_REFRESH_SECRET JWT_REFRESH_TOKEN_SECRET REFRESH_TOKEN_SECRET SESSION_SECRET', {
    by: 'REFRESH_SECRET',
  }),
  ...all('JWT_REFRESH_EXPIRY JWT_REFRESH_EXPIRES_IN REFRESH_TOKEN_EXPIRY', {
    by: 'SESSION_LIFETIME_HOURS and SESSION_TIMEOUT_MINUTES',
  }),
  ...all('BCRYPT_ROUNDS BCRYPT_SALT_ROUNDS SALT_ROUNDS', { by: 'BCRYPT_COST' }),
  ...all('DATABASE_HOST DATABASE_NAME DATABASE_USER DATABASE_PASSWORD', { by: 'DATABASE_URL' }),
  ...all('DB_HOST DB_NAME DB_DATABASE DB_USER DB_USERNAME DB_PASSWORD', { by: 'DATABASE_URL' }),
  ...all('REDIS_HOST REDIS_PASSWORD', { by: 'REDIS_URL' }),
  ...all('SMTP_HOST SMTP_USER SMTP_PASS SMTP_PASSWORD', { by: 'SMTP_URL' }),
  ...all('SMTP_FROM EMAIL_FROM', { by: 'MAIL_FROM' }),
  ...all('FRONTEND_URL CLIENT_URL', { by: 'APP_URL' }),
  ...all('ALLOWED_ORIGINS', { by: 'CORS_ORIGIN' }),
  ...all('MAX_LOGIN_ATTEMPTS', { by: 'LOCKOUT_FAILURES' }),
  ...all('SERVICE_NAME', { by: 'the name of the subgraph in supergraph.yaml' }),
};

function all(names: string, { by }: { readonly by: string }): Record<string, string> {
  return Object.fromEntries(names.split(' ').map((name) => [name, by]));
}
