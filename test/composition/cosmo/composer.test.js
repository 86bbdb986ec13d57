import { federateSubgraphs, ROUTER_COMPATIBILITY_VERSION_ONE } from '@wundergraph/composition';
import { parse } from 'graphql';
import { testComposer } from '../composition-tests.js';
import { guard } from '../definitions.js';

testComposer('@wundergraph/composition', {
  parse,
  compose: (subgraphs) => {
    const result = federateSubgraphs({
      subgraphs: subgraphs.map(({ sdl, ...subgraph }) => ({ ...subgraph, definitions: parse(sdl) })),
      version: ROUTER_COMPATIBILITY_VERSION_ONE,
    });
    if (!result.success) return { errors: result.errors.map(String) };
    return {
      errors: [],
      document: result.federatedGraphAST,
      guards: result.fieldConfigurations.flatMap(guardsOf),
      servedBy: (type, key) => servedBy(result, type, key),
    };
  },
});

/** Cosmo's router reads no supergraph but a configuration, where each guarded field has its rule. */
function guardsOf({ typeName, fieldName, requiresAuthentication, requiredScopes = [] }) {
  const where = `${typeName}.${fieldName}`;
  const alternatives = requiredScopes.map((all) => [...all]);
  if (alternatives.length > 0) return [guard(where, 'requiresScopes', alternatives)];
  return requiresAuthentication ? [guard(where, 'authenticated')] : [];
}

function servedBy({ subgraphConfigBySubgraphName }, typeName, key) {
  return [...subgraphConfigBySubgraphName]
    .map(([name, { configurationDataByTypeName }]) => [name, configurationDataByTypeName.get(typeName)])
    .filter(([, type]) => type !== undefined && type.keys?.[0]?.selectionSet === key)
    .map(([name]) => name)
    .toSorted();
}
