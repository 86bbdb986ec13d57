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
 * Adds `@authenticated` and `@requiresScopes` (Federation 2.5) to the fields of the catalogue. An anonymous caller
 * holds no scopes, so a field needs at most one of the two.
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
  // A list of strings has the same syntax in JSON and GraphQL.
  const value = parseConstValue(JSON.stringify(requirement));
  const scopes = { kind: Kind.ARGUMENT, name: named('scopes'), value } as const;
  return { kind: Kind.DIRECTIVE, name: named('requiresScopes'), arguments: [scopes] };
}

/** Adds both directives to the `@link` import; composers treat a directive that is not imported as a custom one. */
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
