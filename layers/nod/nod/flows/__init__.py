"""What a person does with Nod: one module for each thing. Flows get their collaborators in the constructor."""
