import { composeServices as composeByApollo } from '@apollo/composition';
import { composeServices as composeByTheGuild } from '@theguild/federation-composition';
import { parse } from 'graphql';
import { testComposer } from './composition-tests.js';
import { guardsOf } from './definitions.js';

for (const [name, composeServices] of [
  ['@apollo/composition', composeByApollo],
  ['@theguild/federation-composition', composeByTheGuild],
]) {
  testComposer(name, {
    parse,
    compose: (subgraphs) => {
      const services = subgraphs.map(({ sdl, ...subgraph }) => ({ ...subgraph, typeDefs: parse(sdl) }));
      const { errors = [], supergraphSdl } = composeServices(services);
      if (errors.length > 0) return { errors: errors.map(String) };
      const document = parse(supergraphSdl);
      return {
        errors: [],
        document,
        guards: guardsOf(document),
        servedBy: (type, key) => servedBy(document, type, key),
      };
    },
  });
}

/** A supergraph says at each type which subgraphs serve it: `@join__type(graph: AUTH, key: "id")`. */
function servedBy(document, typeName, key) {
  const type = document.definitions.find((definition) => definition.name?.value === typeName);
  return type.directives
    .filter(({ name }) => name.value === 'join__type')
    .map((join) => Object.fromEntries(join.arguments.map(({ name, value }) => [name.value, value.value])))
    .filter((join) => join.key === key)
    .map(({ graph }) => graph.toLowerCase())
    .toSorted();
}
