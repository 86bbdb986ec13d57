/** A refusal of the HTTP layer, in the shape that GraphQL clients read. */
export function errorBody(message: string, code: string) {
  return { errors: [{ message, extensions: { code } }] };
}
