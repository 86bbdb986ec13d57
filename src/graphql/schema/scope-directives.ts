import {
  type ConstDirectiveNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type NameNode,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  parseConstValue,
  visit,
} from 'graphql';
import type { FieldRequirement, FieldScopes } from './field-scopes.ts';

/**
 * These type definitions with `@authenticated` and `@requiresScopes` on the fields of the catalogue. Both came with
 * federation 2.5, and a caller without a credential holds no scopes, so that a field needs one of them at most.
 */
export function withScopeDirectives(typeDefs: DocumentNode, fieldScopes: FieldScopes): DocumentNode {
  const requirements = new Map(Object.entries(fieldScopes));
  const guard = <Type extends ObjectType>(type: Type) => guardFields(type, requirements);
  return visit(typeDefs, {
    ObjectTypeDefinition: guard,
    ObjectTypeExtension: guard,
    Directive: (directive) => (directive.name.value === 'link' ? importDirectives(directive) : undefined),
  });
}

type ObjectType = ObjectTypeDefinitionNode | ObjectTypeExtensionNode;

function guardFields<Type extends ObjectType>(
  type: Type,
  requirements: ReadonlyMap<string, FieldRequirement>,
): Type {
  const guard = (field: FieldDefinitionNode): FieldDefinitionNode => {
    const requirement = requirements.get(`${type.name.value}.${field.name.value}`);
    if (requirement === undefined) return field;
    return { ...field, directives: [...(field.directives ?? []), directiveFor(requirement)] };
  };
  return { ...type, fields: type.fields?.map(guard) };
}

function directiveFor(requirement: FieldRequirement): ConstDirectiveNode {
  if (requirement === 'authenticated') return { kind: Kind.DIRECTIVE, name: named('authenticated') };
  // A list of strings reads the same in JSON and in GraphQL.
  const value = parseConstValue(JSON.stringify(requirement));
  const scopes = { kind: Kind.ARGUMENT, name: named('scopes'), value } as const;
  return { kind: Kind.DIRECTIVE, name: named('requiresScopes'), arguments: [scopes] };
}

/** The header names what a subgraph uses of federation; a directive that it does not name would be one of our own. */
function importDirectives(link: DirectiveNode): DirectiveNode {
  const imported = ['@authenticated', '@requiresScopes'].map(
    (value) => ({ kind: Kind.STRING, value }) as const,
  );
  return visit(link, {
    ListValue: (list) => ({ ...list, values: [...list.values, ...imported] }),
  });
}

function named(value: string): NameNode {
  return { kind: Kind.NAME, value };
}
