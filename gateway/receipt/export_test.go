package receipt

// Seal lets tests make the file of content that they changed.
var Seal = seal
