/** The least that a server needs in production, beside ROUTER_SECRET or ALLOW_DIRECT_ACCESS. */
export const PRODUCTION = {
  NODE_ENV: 'production',
  HOST: '127.0.0.1',
  BCRYPT_COST: '10',
  PUBLIC_URL: 'https://auth.example.com',
  JWT_ISSUER: 'https://auth.example.com',
  JWT_AUDIENCE: 'example',
};
