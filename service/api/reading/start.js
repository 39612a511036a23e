// Shows the description of the API of the service that this page is from.
SwaggerUIBundle({
  url: "v1/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
});
