/** A response body with one error and no data, in GraphQL shape. */
export function errorBody(message: string, code: string) {
  return { errors: [{ message, extensions: { code } }] };
}
