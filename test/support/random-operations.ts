import fc from 'fast-check';
import {
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLNamedInputType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { toCursor } from '../../src/core/page.ts';

export interface RandomOperation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** What operations are made of, beside the schema. */
export interface Ingredients {
  readonly kind: 'query' | 'mutation' | 'subscription';
  /** For arguments and keys of type ID, beside ids of nothing. */
  readonly ids: readonly string[];
  /** For arguments of type String. */
  readonly strings: readonly string[];
  /** Root fields that are left out. */
  readonly without?: readonly string[];
  /** How many root fields at most; 1 if it is not said. */
  readonly rootFields?: number;
}

/** Keys that a representation may bring beside its own: what resolvers hold inside, and what they must read from nobody. */
const CLAIMS = ['user', 'session', 'token', 'readAs', 'email', 'roles', 'userId', 'scopes'];

/**
 * Operations of the schema: valid but for some of their values, with arguments by literal and by variable, aliases (of
 * other fields' names too), fragments of every sort, directives, and references of `_entities` with whatever beside the
 * key. Every object that has an `id` is asked for it.
 */
export function randomOperations(
  schema: GraphQLSchema,
  ingredients: Ingredients,
): fc.Arbitrary<RandomOperation> {
  return fc.gen().map((draw) => new Writer(schema, ingredients, draw).write());
}

class Writer {
  readonly #schema: GraphQLSchema;
  readonly #ingredients: Ingredients;
  readonly #draw: fc.GeneratorValue;
  readonly #variables: Record<string, unknown> = {};
  readonly #declarations: string[] = [];
  readonly #fragments: string[] = [];
  #aliases = 0;
  /** Fields that may still be written: documents have at most 1,000 tokens. */
  #fieldsLeft = 45;

  constructor(schema: GraphQLSchema, ingredients: Ingredients, draw: fc.GeneratorValue) {
    this.#schema = schema;
    this.#ingredients = ingredients;
    this.#draw = draw;
  }

  write(): RandomOperation {
    const { kind, without = [], rootFields = 1 } = this.#ingredients;
    const root = { query: 'getQueryType', mutation: 'getMutationType', subscription: 'getSubscriptionType' }[
      kind
    ];
    const type = this.#schema[root as 'getQueryType']();
    if (!type) throw new Error(`the schema has no ${kind}`);
    const offered = Object.values(type.getFields()).filter(({ name }) => !without.includes(name));
    const fields = this.#some(offered, rootFields);
    const keys = new Set<string>();
    const body = fields.map((field) => this.#field(field, 8, keys, [])).join(' ');
    const declared = this.#declarations.length > 0 ? `(${this.#declarations.join(', ')})` : '';
    return {
      query: [`${kind} ${declared} { ${body} }`, ...this.#fragments].join('\n'),
      variables: this.#variables,
    };
  }

  /** `keys` are those of the object in the answer: fragments write into it too, and must not contradict one another. */
  #selections(type: GraphQLCompositeType, depth: number, keys: Set<string>): string {
    if (!isObjectType(type)) {
      const members = this.#some(this.#schema.getPossibleTypes(type), 4);
      return [
        '__typename',
        ...members.map((member) => `... on ${member.name} { ${this.#selections(member, depth, keys)} }`),
      ].join(' ');
    }
    const all = Object.values(type.getFields()).filter(({ name }) => name !== 'id');
    const offered = all.filter((field) => depth > 0 || !isCompositeType(getNamedType(field.type)));
    const first = 'id' in type.getFields() ? 'id' : '__typename';
    const names = offered.map(({ name }) => name);
    const written = this.#some(offered, 7).map((field) => {
      if (this.#fieldsLeft <= 0) return '';
      return this.#wrapped(type, this.#field(field, depth, keys, names));
    });
    return [first, ...written].join(' ');
  }

  #wrapped(type: GraphQLCompositeType, selection: string): string {
    if (selection === '') return '';
    switch (this.#oneOf(['', '', '', '', '', 'inline', 'typed', 'named', 'included'])) {
      case 'inline':
        return `... { ${selection} }`;
      case 'typed':
        return `... on ${type.name} { ... on ${type.name} { ${selection} } }`;
      case 'named':
        return `...${this.#fragment(type, selection)}`;
      case 'included':
        return `... @include(if: true) @skip(if: false) { ${selection} }`;
      default:
        return selection;
    }
  }

  #fragment(type: GraphQLCompositeType, selection: string): string {
    const name = `F${this.#fragments.length}`;
    this.#fragments.push(`fragment ${name} on ${type.name} { ${selection} }`);
    return name;
  }

  #field(
    field: GraphQLField<unknown, unknown>,
    depth: number,
    keys: Set<string>,
    names: readonly string[],
  ): string {
    const key = this.#key(field.name, keys, names);
    if (key === null) return '';
    keys.add(key);
    this.#fieldsLeft -= 1;
    const type = getNamedType(field.type);
    const alias = key === field.name ? '' : `${key}: `;
    const below = isCompositeType(type) ? ` { ${this.#selections(type, depth - 1, new Set())} }` : '';
    return `${alias}${field.name}${this.#arguments(field.args)}${below}`;
  }

  /** A key that is still free; null where there is none. A private field may answer under a public one's name. */
  #key(name: string, keys: Set<string>, names: readonly string[]): string | null {
    const wanted = this.#oneOf(['own', 'own', 'own', 'own', 'new', 'other']);
    const others = names.filter((other) => !keys.has(other));
    if (wanted !== 'own' && this.#aliases < 15) {
      this.#aliases += 1;
      return wanted === 'other' && others.length > 0 ? this.#oneOf(others) : `${name}_${this.#aliases}`;
    }
    return keys.has(name) ? null : name;
  }

  #arguments(args: readonly GraphQLArgument[]): string {
    const written = this.#given(args).map((arg) => `${arg.name}: ${this.#argument(arg)}`);
    return written.length > 0 ? `(${written.join(', ')})` : '';
  }

  #argument({ name, type }: GraphQLArgument): string {
    const value = this.#value(type, name);
    if (this.#oneOf([true, false])) return literal(value, type);
    const variable = `v${this.#declarations.length}`;
    this.#declarations.push(`$${variable}: ${type}`);
    this.#variables[variable] = value;
    return `$${variable}`;
  }

  #given<Given extends GraphQLArgument | GraphQLInputField>(offered: readonly Given[]): Given[] {
    const isRequired = ({ type, defaultValue }: Given) => isNonNullType(type) && defaultValue === undefined;
    return offered.filter((one) => isRequired(one) || this.#oneOf([true, false]));
  }

  #value(type: GraphQLInputType, name: string): unknown {
    if (isNonNullType(type)) return this.#value(type.ofType, name);
    if (isListType(type)) {
      const length = this.#draw(fc.integer, { min: 1, max: 4 });
      return Array.from({ length }, () => this.#value(type.ofType, name));
    }
    if (isInputObjectType(type)) {
      const fields = this.#given(Object.values(type.getFields()));
      return Object.fromEntries(fields.map((field) => [field.name, this.#value(field.type, field.name)]));
    }
    return isEnumType(type) ? this.#oneOf(type.getValues()).name : this.#scalar(type, name);
  }

  #scalar({ name: type }: GraphQLNamedInputType, name: string): unknown {
    switch (type) {
      case 'ID':
        return this.#id();
      case '_Any':
        return this.#representation();
      case 'Int':
        return name === 'first'
          ? this.#oneOf([1, 2, 3, 3, 4, 4, 5, 5, 5, 5, 10, 100, 0])
          : this.#draw(fc.integer, { min: 1, max: 400 });
      case 'Boolean':
        return this.#oneOf([true, false]);
      case 'DateTime':
        return this.#oneOf(['2020-01-01T00:00:00.000Z', '2999-12-31T23:59:59.999Z']);
      case 'String':
        if (name === 'after') return this.#cursor();
        return this.#oneOf(name === 'ipAddress' ? ['127.0.0.1', '::1'] : this.#ingredients.strings);
      default:
        throw new Error(`no values of ${type} are known`);
    }
  }

  #id(): string {
    const { ids } = this.#ingredients;
    return this.#oneOf([...ids, ...ids, ...ids, this.#draw(fc.uuid), "' OR true --"]);
  }

  /** Mostly before everything that there is in lists, which are newest first. */
  #cursor(): string {
    const start = toCursor({ at: new Date('2999-01-01T00:00:00.000Z'), id: this.#draw(fc.uuid) });
    return this.#oneOf([start, start, start, start, this.#oneOf(this.#ingredients.strings)]);
  }

  #representation(): unknown {
    const entities = this.#schema.getPossibleTypes(this.#schema.getType('_Entity') as never);
    const __typename = this.#oneOf(
      [...entities, ...entities, ...entities].map(({ name }) => name).concat('Query'),
    );
    const claims = this.#some(CLAIMS, 2).map((claim) => [
      claim,
      { id: this.#id(), userId: this.#id(), kind: 'session' },
    ]);
    return { __typename, id: this.#id(), ...Object.fromEntries(this.#oneOf([true, false]) ? claims : []) };
  }

  #oneOf<Option>(options: readonly Option[]): Option {
    return options[this.#draw(fc.nat, { max: options.length - 1 })] as Option;
  }

  /** At least one of them, each at most once. */
  #some<Option>(options: readonly Option[], most: number): Option[] {
    const left = [...options];
    const length = Math.min(left.length, 1 + this.#draw(fc.nat, { max: most - 1 }));
    return Array.from(
      { length },
      () => left.splice(this.#draw(fc.nat, { max: left.length - 1 }), 1)[0] as Option,
    );
  }
}

function literal(value: unknown, type: GraphQLInputType | null): string {
  if (type !== null && isNonNullType(type)) return literal(value, type.ofType);
  if (Array.isArray(value))
    return `[${value.map((item) => literal(item, type !== null && isListType(type) ? type.ofType : null)).join(', ')}]`;
  if (type !== null && isEnumType(type)) return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = type !== null && isInputObjectType(type) ? type.getFields() : {};
  return `{ ${Object.entries(value)
    .map(([key, entry]) => `${key}: ${literal(entry, fields[key]?.type ?? null)}`)
    .join(', ')} }`;
}
