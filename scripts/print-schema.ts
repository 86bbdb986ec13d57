/**
 * Prints the subgraph's SDL. With `--with-directives` its fields say by `@authenticated` and `@requiresScopes` what they
 * take, for routers that are to enforce it.
 */
import { printSubgraphSchema } from '@apollo/subgraph';
import { fieldScopes } from '../src/app/features/index.ts';
import { buildSchema } from '../src/graphql/schema/schema.ts';
import { withScopeDirectives } from '../src/graphql/schema/scope-directives.ts';
import { loadTypeDefs } from '../src/graphql/schema/type-defs.ts';

const plain = loadTypeDefs();
const typeDefs = process.argv.includes('--with-directives') ? withScopeDirectives(plain, fieldScopes) : plain;

console.log(printSubgraphSchema(buildSchema({ typeDefs, resolvers: {} })));
